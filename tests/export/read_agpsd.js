// node read_agpsd.js FILE.psd FOLDER: describes the file as ag-psd reads it, with raw RGBA for each layer.
const fs = require('fs');
const path = require('path');
const { readPsd, initializeCanvas } = require('ag-psd');

const [, , file, folder] = process.argv;
const newImage = (width, height) => ({ width, height, data: new Uint8ClampedArray(width * height * 4) });
initializeCanvas(() => { throw new Error('canvas asked for'); }, newImage);
const psd = readPsd(fs.readFileSync(file), { useImageData: true, useRawThumbnail: true });
const layers = [];

function save(name, image) {
  if (!image || !image.width || !image.height) return null;
  fs.writeFileSync(path.join(folder, name), Buffer.from(image.data.buffer, image.data.byteOffset, image.data.byteLength));
  return name;
}

function describe(nodes, group) {
  for (const node of nodes || []) {
    const isGroup = Boolean(node.children);
    if (isGroup) describe(node.children, node.name);
    const saved = isGroup ? null : save(`layer-${layers.length}.raw`, node.imageData);
    layers.push({
      name: node.name, isGroup, group: group || null, left: node.left || 0, top: node.top || 0,
      width: (node.right - node.left) || 0, height: (node.bottom - node.top) || 0,
      opacity: Math.round((node.opacity === undefined ? 1 : node.opacity) * 255), visible: !node.hidden,
      blend: node.blendMode, clipping: Boolean(node.clipping), file: saved,
      adjustment: node.adjustment, fill: node.vectorFill, placed: node.placedLayer, mask: Boolean(node.mask),
    });
  }
}

describe(psd.children, null);
save('merged.raw', psd.imageData);
const resources = psd.imageResources || {};
fs.writeFileSync(path.join(folder, 'agpsd.json'), JSON.stringify({
  width: psd.width, height: psd.height, layers,
  resolution: resources.resolutionInfo, xmp: resources.xmpMetadata, thumbnail: Boolean(resources.thumbnailRaw),
  linked: (psd.linkedFiles || []).map((f) => [f.name, f.type, f.data ? f.data.length : 0]),
}));
