"""OHIF's prebuilt app: fetched in the version below, and configured as its own documentation says."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING

from hounsfield.server.security import POLICY

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["OHIF_POLICY", "OPTIONS", "SHOWN", "VERSION", "fetch"]

VERSION = "3.13.2"
# Of Chromium: software GL.
OPTIONS = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")
# What the app is built with: it makes code from text.
OHIF_POLICY = POLICY.replace("'wasm-unsafe-eval'", "'unsafe-inline' 'unsafe-eval' blob:")
_CONFIG = """
window.config = {
  routerBasename: '/',
  extensions: [],
  modes: [],
  showStudyList: true,
  maxNumberOfWebWorkers: 1,
  showWarningMessageForCrossOrigin: false,
  showCPUFallbackMessage: false,
  showLoadingIndicator: true,
  strictZSpacingForVolumeViewport: true,
  defaultDataSourceName: 'dicomweb',
  dataSources: [
    {
      namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
      sourceName: 'dicomweb',
      configuration: {
        friendlyName: 'hounsfield',
        name: 'hounsfield',
        wadoUriRoot: '/dicom-web',
        qidoRoot: '/dicom-web',
        wadoRoot: '/dicom-web',
        qidoSupportsIncludeField: true,
        imageRendering: 'wadors',
        thumbnailRendering: 'wadors',
        enableStudyLazyLoad: true,
        supportsFuzzyMatching: true,
        supportsWildcard: true,
        omitQuotationForMultipartRequest: true,
      },
    },
  ],
};
"""
# Whether a canvas shows anything: the pixels that are not dark, of its middle.
_BRIGHT = """(canvas) => {
  const copy = document.createElement('canvas');
  [copy.width, copy.height] = [64, 64];
  const context = copy.getContext('2d');
  context.drawImage(canvas, 0, 0, 64, 64);
  const data = context.getImageData(0, 0, 64, 64).data;
  let bright = 0;
  for (let at = 0; at < data.length; at += 4) bright += data[at] > 40;
  return bright;
}"""
# Whether so many viewports show something.
SHOWN = (
    f"(count) => {{ const bright = {_BRIGHT};"
    " const canvases = [...document.querySelectorAll('.cornerstone-canvas')];"
    " return canvases.filter((one) => bright(one) > 100).length >= count; }"
)


def fetch(folder: Path) -> Path:
    """Unpack the app into a folder, configure it, and give its pages.

    Raises
    ------
    RuntimeError
        When it cannot be fetched.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("no npm")
    words = [npm, "pack", f"@ohif/app@{VERSION}"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise RuntimeError(f"@ohif/app could not be fetched: {done.stderr[-300:]}")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    pages = folder / "package" / "dist"
    (pages / "app-config.js").write_text(_CONFIG)
    return pages
