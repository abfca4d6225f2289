import sharp from 'sharp';

/** A small landscape, so that whoever looks at a screenshot sees a picture. */
export async function landscape(width = 768, height = 512): Promise<Uint8Array> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 768 512" width="${width}" height="${height}">
    <defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="#7fb2d9"/><stop offset="1" stop-color="#f3dcc0"/></linearGradient></defs>
    <rect width="768" height="512" fill="url(#sky)"/><circle cx="560" cy="150" r="46" fill="#fff3d6"/>
    <path d="M0 330 190 170 330 300 470 200 768 360V512H0z" fill="#6d7f95"/>
    <path d="M0 400 160 330 360 410 560 350 768 420V512H0z" fill="#48604f"/>
    <path d="M330 512 400 420 450 420 520 512z" fill="#c9b08a"/></svg>`;
  return new Uint8Array(await sharp(Buffer.from(svg)).png().toBuffer());
}

/** White where the sun of the landscape is. */
export async function sunMask(): Promise<Uint8Array> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="768" height="512"><rect width="768" height="512"/><circle cx="560" cy="150" r="60" fill="#fff"/></svg>`;
  return new Uint8Array(await sharp(Buffer.from(svg)).png().toBuffer());
}
