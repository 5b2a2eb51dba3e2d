"""Colours from one RGB profile to another, for what is pasted into a document."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from PIL import Image, ImageCms

from engine.document import (
    Adjustment,
    AdjustmentParameters,
    BlackWhite,
    Color,
    Document,
    Effect,
    Fill,
    Glow,
    Gradient,
    GradientMap,
    Layer,
    Node,
    Paint,
    PhotoFilter,
    Pixels,
    Shadow,
    Solid,
    frozen,
)
from engine.errors import InputError


def converted(document: Document, icc: bytes | None) -> Document:
    """The document with all its colours in that profile (None: sRGB): pixels, paints and tints. Alpha stays.

    Relative colorimetric. Raises InputError where the profiles cannot be used for it.
    """
    if document.icc == icc:
        return document
    try:
        change = ImageCms.buildTransform(
            _profile(document.icc), _profile(icc), "RGB", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC
        )
    except (OSError, ImageCms.PyCMSError):
        raise InputError("document.profile-unusable") from None
    return replace(document.map_nodes(lambda node: _repainted(change, node)), icc=icc)


def _repainted(change: ImageCms.ImageCmsTransform, node: Node) -> Node:
    effects = tuple(_effect(change, effect) for effect in node.effects)
    if isinstance(node, Layer):
        tint = node.recolor.colorize
        recolor = node.recolor if tint is None else replace(node.recolor, colorize=_color(change, tint))
        return replace(node, pixels=_applied(change, node.pixels), recolor=recolor, effects=effects)
    if isinstance(node, Fill):
        return replace(node, paint=_painted(change, node.paint), effects=effects)
    if isinstance(node, Adjustment):
        return replace(node, parameters=_adjusted(change, node.parameters), effects=effects)
    return replace(node, effects=effects) if effects else node


def _adjusted(change: ImageCms.ImageCmsTransform, parameters: AdjustmentParameters) -> AdjustmentParameters:
    """The colours that some adjustments name; the numbers of the others belong to no profile."""
    if isinstance(parameters, GradientMap):
        return replace(parameters, gradient=_gradient(change, parameters.gradient))
    if isinstance(parameters, PhotoFilter):
        return replace(parameters, color=_color(change, parameters.color))
    if isinstance(parameters, BlackWhite) and parameters.tint is not None:
        return replace(parameters, tint=_color(change, parameters.tint))
    return parameters


def _effect(change: ImageCms.ImageCmsTransform, effect: Effect) -> Effect:
    if isinstance(effect, Shadow):
        return replace(effect, paint=_solid(change, effect.paint))
    if isinstance(effect, Glow):
        paint = effect.paint
        return replace(effect, paint=_solid(change, paint) if isinstance(paint, Solid) else _gradient(change, paint))
    return replace(effect, paint=_painted(change, effect.paint))


def _painted(change: ImageCms.ImageCmsTransform, paint: Paint) -> Paint:
    if isinstance(paint, Solid):
        return _solid(change, paint)
    if isinstance(paint, Gradient):
        return _gradient(change, paint)
    return replace(paint, pixels=_applied(change, paint.pixels))


def _solid(change: ImageCms.ImageCmsTransform, paint: Solid) -> Solid:
    return replace(paint, color=_color(change, paint.color))


def _gradient(change: ImageCms.ImageCmsTransform, paint: Gradient) -> Gradient:
    return replace(paint, colors=tuple(replace(stop, color=_color(change, stop.color)) for stop in paint.colors))


def _color(change: ImageCms.ImageCmsTransform, color: Color) -> Color:
    red, green, blue, _ = _applied(change, np.array([[[*color, 255]]], np.uint8))[0, 0].tolist()
    return red, green, blue


def _profile(icc: bytes | None) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB") if icc is None else io.BytesIO(icc))


def _applied(change: ImageCms.ImageCmsTransform, pixels: Pixels) -> Pixels:
    if not pixels.size:
        return pixels
    rgb = ImageCms.applyTransform(Image.fromarray(np.ascontiguousarray(pixels[..., :3])), change)
    if rgb is None:
        raise InputError("document.colours-unusable")
    return frozen(np.dstack([np.asarray(rgb), pixels[..., 3]]))
