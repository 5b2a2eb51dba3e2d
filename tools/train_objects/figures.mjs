// Draws figures that are made of parts (heads, hair, clothes, poses) to SVG files, one file a figure.
// usage: node figures.mjs PACKAGES_FOLDER OUT_FOLDER     (PACKAGES_FOLDER holds node_modules)
import { createRequire } from 'node:module'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const packages = resolve(process.argv[2])
const out = resolve(process.argv[3])
const require = createRequire(join(packages, 'package.json'))
const React = require('react')
const { renderToStaticMarkup } = require('react-dom/server')
const babel = require('@babel/core')
const toCommonJs = require.resolve('@babel/plugin-transform-modules-commonjs')
mkdirSync(out, { recursive: true })

// A small seeded generator (mulberry32), so that the same figures come out every time.
let state = 20261127
function random() {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}
const pick = (list) => list[Math.floor(random() * list.length)]
const save = (name, svg) => writeFileSync(join(out, name + '.svg'), svg)

/** The exports of an ES module file of a package, by way of Babel (those packages predate Node's own modules). */
const loaded = new Map()
function load(file) {
  if (loaded.has(file)) return loaded.get(file)
  const { code } = babel.transformSync(readFileSync(file, 'utf8'), { plugins: [toCommonJs], babelrc: false, configFile: false })
  const module = { exports: {} }
  loaded.set(file, module.exports)
  const need = (name) => {
    if (!name.startsWith('.')) return require(name)
    const path = resolve(file, '..', name)
    for (const end of ['.js', '/index.js']) {
      try { readFileSync(path + end) } catch { continue }
      return load(path + end)
    }
    throw new Error('no ' + path)
  }
  new Function('require', 'module', 'exports', code)(need, module, module.exports)
  loaded.set(file, module.exports)
  return module.exports
}
const folderOf = (name) => join(packages, 'node_modules', name)
const names = (folder) => readdirSync(folder).filter((f) => f.endsWith('.js') && !/^(index|z_options|None)\./.test(f)).map((f) => f.slice(0, -3))
const withNamespace = (svg) => svg.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"').replace(/xlinkHref/g, 'xlink:href')

/** The first component that a module exports. */
function component(file) {
  const exports = load(file)
  return exports.default ?? Object.values(exports).find((v) => typeof v === 'function' || v?.$$typeof || v?.type)
}
const element = (c, props) => (typeof c === 'function' || c?.$$typeof === Symbol.for('react.memo') ? React.createElement(c, props) : c)

/** Humaaans: head, torso and legs, in the places that the package gives them. */
function humaaan(i) {
  const root = join(folderOf('humaaans'), 'lib/body-parts')
  const posture = random() < 0.7 ? 'standing' : 'sitting'
  const part = (kind) => { const name = pick(names(join(root, kind))); return [name, component(join(root, kind, name + '.js'))] }
  const colour = () => '#' + Math.floor(random() * 0xffffff).toString(16).padStart(6, '0')
  const skin = pick(['#B28B67', '#8D5524', '#F1C27D', '#5C3A21', '#FFDBAC'])
  const colours = { hairColor: colour(), skinColor: skin, skin, shirtColor: colour(), coatColor: colour(), pantsColor: colour(), shoesColor: colour(), color: colour() }
  const [h, head] = part('head'), [t, torso] = part('torso'), [b, bottom] = part(posture)
  const draw = (c) => renderToStaticMarkup(element(c, colours))
  const [w, height, y] = posture === 'sitting' ? [380, 400, 24] : [380, 480, 31]
  const place = [[82, 0], [0, 187], [22, 82]] // the package's own: head behind, then legs, then torso
  const parts = [head, bottom, torso].map((c, k) => `<g transform="translate(${place[k]})">${draw(c)}</g>`).join('')
  save(`humaaans-${String(i).padStart(3, '0')}-${h}-${t}-${b}`, withNamespace(`<svg viewBox="0 0 ${w} ${height}" width="${w}" height="${height}"><g transform="translate(40,${y})">${parts}</g></svg>`))
}

/** Open Peeps: whole figures in a pose. */
function peep(i) {
  const root = join(folderOf('react-peeps'), 'lib/peeps')
  const { default: Peep } = load(join(root, 'index.js'))
  const list = (kind) => names(join(root, kind))
  const body = random() < 0.8 ? pick([...names(join(root, 'pose/standing')), ...names(join(root, 'pose/sitting'))]) : pick(list('pose/bust'))
  const stroke = pick(['#000', '#000', '#222', '#4a2c2a']), paper = pick(['#fff', '#fff', '#fff', '#ffe7d1', '#cfe8ff'])
  const props = { body, face: pick(list('face')), hair: pick(list('hair')), strokeColor: stroke, backgroundColor: paper }
  if (random() < 0.3) props.accessory = pick(list('accessories'))
  if (random() < 0.25) props.facialHair = pick(list('facialHair'))
  save(`peeps-${String(i).padStart(3, '0')}-${body}`, withNamespace(renderToStaticMarkup(React.createElement(Peep, props))))
}

async function dicebear() {
  const { createAvatar } = await import(pathToFileURL(join(folderOf('@dicebear/core'), 'lib/index.js')))
  const styles = await import(pathToFileURL(join(folderOf('@dicebear/collection'), 'lib/index.js')))
  // Only the styles whose design is CC0.
  for (const [style, count] of [['openPeeps', 90], ['lorelei', 70], ['notionists', 90], ['pixelArt', 60], ['thumbs', 30]])
    for (let i = 0; i < count; i++) save(`dicebear-${style}-${i}`, createAvatar(styles[style], { seed: `${style}${i}` }).toString())
}

function many(count, draw) {
  let failed = 0, last
  for (let i = 0; i < count; i++) try { draw(i) } catch (error) { failed++; last = error }
  console.log(draw.name, count - failed, 'drawn', failed ? `${failed} failed: ${String(last).slice(0, 300)}` : '')
}
await dicebear()
many(220, humaaan)
many(260, peep)
