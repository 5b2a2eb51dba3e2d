"""The PSD and PSB writer: our own, streaming, so that a document of any size takes little memory beyond its layers.

Layout: Adobe Photoshop File Formats Specification (2019). `tree` turns a document into flat records, `bands` and
`codec` make channel data on all cores, `structures` the bytes around it, `editable` what Photoshop can still edit.
"""
