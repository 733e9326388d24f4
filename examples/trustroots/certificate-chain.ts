/** Verifies certificate chains from a delegate to a trusted root (Certificate Chain Verification). */

import {
  type AuthorityCertificate,
  type Certificate,
  type DelegateCertificate,
  isDelegate,
  isRoot,
  LONGEST_CHAIN,
  signerOfCertificate,
} from "./certificate.ts";
import type { Address } from "./eip712.ts";

/** The values that all certificates of a realm must have. */
export interface Expectations {
  readonly chainId: bigint;
  readonly verifyingContract: Address;
  readonly realm: Address;
  /** The newest block of the blockchain. */
  readonly blockNumber: bigint;
}

/** A chain in which every certificate has the type of its place. */
interface Chain {
  readonly delegate: DelegateCertificate;
  /** From the certificate about the delegate to the root. */
  readonly authorities: readonly [AuthorityCertificate, ...AuthorityCertificate[]];
  readonly root: AuthorityCertificate;
}

/** Looks up the stored certificate about an account. */
export type AuthorityOf = (
  subject: Address,
) => AuthorityCertificate | undefined | Promise<AuthorityCertificate | undefined>;

/** A valid chain, or the broken rule. */
export type Verdict =
  | { readonly ok: true; readonly delegate: DelegateCertificate; readonly trustroot: Address }
  | { readonly ok: false; readonly reason: string };

/** Bits of `capabilities` (Capabilities). */
const ROOT_CA = 1n;
const INTERMEDIATE_CA = 2n;

/** Completes a chain up to a root with stored certificates, as far as they exist. */
export async function complete(certificates: readonly Certificate[], authorityOf: AuthorityOf): Promise<Certificate[]> {
  const chain = [...certificates];
  while (chain.length < LONGEST_CHAIN) {
    const wanted = lackingAfter(chain.at(-1)!);
    const next = wanted && (await authorityOf(wanted));
    if (next === undefined) break;
    chain.push(next);
  }
  return chain;
}

/** Checks a complete chain against all rules. */
export function judge(certificates: readonly Certificate[], expected: Expectations): Verdict {
  const chain = chainOf(certificates);
  if (chain === undefined) {
    return { ok: false, reason: "CCR-3: a delegate certificate must come first, and authority certificates after it" };
  }
  const broken = RULES.find(([, holds]) => !holds(chain, expected));
  if (broken !== undefined) return { ok: false, reason: broken[0] };
  return { ok: true, delegate: chain.delegate, trustroot: chain.root.message.subject };
}

type Rule = readonly [text: string, holds: (chain: Chain, expected: Expectations) => boolean];

// "Before" includes the same block: all certificates of the specification's own example begin with one.
const RULES: readonly Rule[] = [
  [
    "CCR-1: a certificate is of another blockchain or contract, or not valid yet",
    ({ delegate, authorities }, { chainId, verifyingContract, blockNumber }) =>
      [delegate, ...authorities].every(
        ({ message }) =>
          message.chainId === chainId &&
          message.verifyingContract === verifyingContract &&
          message.validFrom <= blockNumber,
      ),
  ],
  [
    "CCR-2: a certificate is of another realm",
    ({ authorities }, { realm }) => authorities.every(({ message }) => message.realm === realm),
  ],
  ["CCR-4: the last certificate is no root", ({ root }) => isRoot(root)],
  [
    "CCR-5: the issuer of a certificate is not the subject of the one above it",
    holdsForLinks((below, above) => below.message.issuer === above.message.subject),
  ],
  [
    "CCR-6: a certificate is valid before the one above it",
    holdsForLinks((below, above) => above.message.validFrom <= below.message.validFrom),
  ],
  [
    "CCR-7: a certificate has capabilities that the one above it has not",
    holdsForLinks((below, above) => (below.message.capabilities & ~above.message.capabilities) === 0n),
  ],
  [
    "CCR-8: the certificate above the delegate's is about somebody else",
    ({ delegate, authorities: [above] }) => above.message.subject === delegate.message.delegate,
  ],
  [
    "CCR-9: the delegate's certificate is valid before the one above it",
    ({ delegate, authorities: [above] }) => above.message.validFrom <= delegate.message.validFrom,
  ],
  ["CCR-10: the root's signature is not its issuer's", ({ root }) => isSignedByIssuer(root)],
  [
    "CCR-11: the signature of an authority certificate is not its issuer's",
    ({ authorities }) => authorities.slice(0, -1).every(isSignedByIssuer),
  ],
  [
    "CCR-12: the signature of the delegate's certificate is not the delegate's",
    ({ delegate }) => signerOfCertificate(delegate) === delegate.message.delegate,
  ],
  [
    // No numbered rule says so; without this check every holder of a certificate could issue more.
    "Capabilities: an issuer is no certificate authority",
    holdsForLinks((_, above) => (above.message.capabilities & (isRoot(above) ? ROOT_CA : INTERMEDIATE_CA)) !== 0n),
  ],
];

/** Makes a rule about each authority certificate and its issuer's. */
function holdsForLinks(
  holds: (below: AuthorityCertificate, above: AuthorityCertificate) => boolean,
): (chain: Chain) => boolean {
  return ({ authorities }) => authorities.slice(1).every((above, index) => holds(authorities[index]!, above));
}

function isSignedByIssuer(certificate: AuthorityCertificate): boolean {
  return signerOfCertificate(certificate) === certificate.message.issuer;
}

function chainOf([first, ...others]: readonly Certificate[]): Chain | undefined {
  const authorities = others.filter((it): it is AuthorityCertificate => !isDelegate(it));
  const [above, ...rest] = authorities;
  if (first === undefined || !isDelegate(first) || above === undefined || authorities.length < others.length) {
    return undefined;
  }
  return { delegate: first, authorities: [above, ...rest], root: rest.at(-1) ?? above };
}

/** The issuer, whose certificate must follow; undefined after a root. */
function lackingAfter(certificate: Certificate): Address | undefined {
  if (isDelegate(certificate)) return certificate.message.delegate;
  return isRoot(certificate) ? undefined : certificate.message.issuer;
}
