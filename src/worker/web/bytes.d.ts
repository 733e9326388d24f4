/** Modules of bytes and of text, which wrangler makes of files with these endings. */
declare module "*.bin" {
  const bytes: ArrayBuffer;
  export default bytes;
}

declare module "*.html" {
  const text: string;
  export default text;
}

declare module "*.txt" {
  const text: string;
  export default text;
}
