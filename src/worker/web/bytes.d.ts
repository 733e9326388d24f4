/** Modules of bytes, which wrangler makes of files with this ending. */
declare module "*.bin" {
  const bytes: ArrayBuffer;
  export default bytes;
}
