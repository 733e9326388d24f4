/** Headers of an answer that comes bit by bit, each of which has to arrive at once. */

/**
 * A proxy that compresses waits until it has enough to compress: Express `compression` and Cloudflare heed no-transform.
 * nginx heeds X-Accel-Buffering, and flushes its gzip where it does not buffer.
 */
export const UNBUFFERED = { "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no" } as const;
