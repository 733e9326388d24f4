/** Networks of IP addresses, as `192.0.2.0/24`, `192.0.2.0/255.255.255.0`, `2001:db8::/32` or a single address. */

interface Range {
  readonly bits: string;
  readonly prefix: number;
}

/** Whether the text is an address or a network. */
export function isIpRange(text: string): boolean {
  return readRange(text) !== undefined;
}

/** Whether the address is in one of the networks; false for text that is no address. */
export function isInRanges(address: string, ranges: readonly string[]): boolean {
  const bits = bitsOf(address);
  if (bits === undefined) return false;
  return ranges.some((text) => {
    const range = readRange(text);
    return (
      range !== undefined && range.bits.length === bits.length && bits.startsWith(range.bits.slice(0, range.prefix))
    );
  });
}

function readRange(text: string): Range | undefined {
  const [address = "", mask, ...rest] = text.split("/");
  const bits = bitsOf(address);
  if (bits === undefined || rest.length > 0) return undefined;
  const prefix = mask === undefined ? bits.length : prefixOf(mask);
  return prefix === undefined || prefix > bits.length ? undefined : { bits, prefix };
}

/** `24` or `255.255.255.0` → 24. */
function prefixOf(mask: string): number | undefined {
  if (/^\d{1,3}$/.test(mask)) return Number(mask);
  const bits = mask.includes(".") ? bitsOf(mask) : undefined;
  return bits !== undefined && /^1*0*$/.test(bits) ? bits.replaceAll("0", "").length : undefined;
}

/** An address as a text of 32 or 128 zeros and ones. */
function bitsOf(address: string): string | undefined {
  if (!address.includes(":")) return quadBits(address);
  const tail = /[^:]*\.[^:]*$/.exec(address)?.[0];
  const quad = tail === undefined ? "" : quadBits(tail);
  if (quad === undefined) return undefined;
  const hex = quad === "" ? address : address.slice(0, -tail!.length) + groupsOf(quad);
  const halves = hex.split("::");
  if (halves.length > 2) return undefined;
  const [left = [], right = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...left, ...Array<string>(missing).fill("0"), ...right];
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  return groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0")).join("");
}

function quadBits(address: string): string | undefined {
  const bytes = address.split(".");
  if (bytes.length !== 4 || !bytes.every((byte) => /^(0|[1-9]\d{0,2})$/.test(byte) && Number(byte) < 256))
    return undefined;
  return bytes.map((byte) => Number(byte).toString(2).padStart(8, "0")).join("");
}

function groupsOf(quad: string): string {
  return [quad.slice(0, 16), quad.slice(16)].map((bits) => Number.parseInt(bits, 2).toString(16)).join(":");
}
