// What is seen in a pane as a picture: the canvas, and the lines and words that lie over it.

export async function pictureOf(canvas: HTMLCanvasElement, lines: SVGSVGElement | null): Promise<Blob> {
  const picture = document.createElement("canvas");
  picture.width = canvas.width;
  picture.height = canvas.height;
  const context = picture.getContext("2d");
  if (!context) throw new Error("The picture could not be made.");
  context.drawImage(canvas, 0, 0);
  if (lines) context.drawImage(await drawn(lines), 0, 0, picture.width, picture.height);
  return new Promise((resolve, reject) => {
    picture.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be made."))), "image/png");
  });
}

async function drawn(lines: SVGSVGElement): Promise<HTMLImageElement> {
  const { clientWidth, clientHeight } = lines;
  const copy = lines.cloneNode(true) as SVGSVGElement;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(clientWidth));
  copy.setAttribute("height", String(clientHeight));
  copy.setAttribute("viewBox", `0 0 ${clientWidth} ${clientHeight}`);
  copy.removeAttribute("style");
  const address = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(address);
  }
}
