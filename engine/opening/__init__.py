"""Files to documents, safely: flat images, PSD, OpenRaster. What cannot be kept is named."""
