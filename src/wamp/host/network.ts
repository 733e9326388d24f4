/** The network of a client's address, which the clients of one customer of a provider share. */

/** Characters of an address. */
const LONGEST_ADDRESS = 45;

/**
 * `203.0.113.0/24` for an IPv4 address, `2001:db8:1::/48` for an IPv6 address, because one customer has very many
 * addresses; undefined for anything else.
 */
export function networkOf(address: string): string | undefined {
  if (address.length > LONGEST_ADDRESS) return undefined;
  const quad = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.\d{1,3}$/i.exec(address);
  if (quad !== null) return `${quad.slice(1, 4).map(Number).join(".")}.0/24`;
  if (!/^[\da-f]*:[\da-f:.]*$/i.test(address)) return undefined;
  const [head = "", tail] = address.split("::");
  const groups = [groupsOf(head), groupsOf(tail ?? "")] as const;
  const zeros = Array<string>(Math.max(0, 8 - groups[0].length - groups[1].length)).fill("0");
  const whole = [...groups[0], ...(tail === undefined ? [] : zeros), ...groups[1]];
  const start = whole.slice(0, 3).map((group) => Number.parseInt(group, 16));
  if (start.length < 3 || start.some((group) => !(group <= 0xffff))) return undefined;
  const digits = start.map((group) => group.toString(16)).join(":");
  return `${digits.replace(/(?:^|:)0(?::0)*$/, "")}::/48`;
}

function groupsOf(text: string): string[] {
  return text === "" ? [] : text.split(":");
}
