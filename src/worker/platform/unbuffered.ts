/** Headers of a streamed response, whose parts must not wait in a proxy. */

/**
 * A proxy that compresses waits until it has enough data. Express `compression` and Cloudflare do not with
 * no-transform; nginx neither buffers nor holds back its gzip output with X-Accel-Buffering: no.
 */
export const UNBUFFERED = { "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no" } as const;
