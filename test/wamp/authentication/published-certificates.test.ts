/** Certificates that other implementations have published keep the rules of examples/trustroots. */

import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { certificatesSchema } from "../../../examples/trustroots/certificate.ts";
import { judge, type Verdict } from "../../../examples/trustroots/certificate-chain.ts";
import type { Address } from "../../../examples/trustroots/eip712.ts";
import { CONTRACT, delegate, exampleChain, OWNER, REALM, type SignedCertificate } from "./certificates.ts";
import { BLOCK, intermediate, root } from "./trustroots-test-realm.ts";

describe("certificates of others", () => {
  const EXAMPLE = [
    "8fe06bb269110c6bc0e011ea2b7da07091c674f7fe67458c1805157157da702b70b56cdf662666dc386820ded0116b6b84151df1ed65210eeecd7e477cdb765b1b",
    "0c0eb60a108dbd72a204b41c1d18505358e4e7886b0c9787192a33ac9e0f94c92ce158f8de576fa9cccf28a8c9404ed66c2d355ea4ae7ee65cff0b73215b91bb1c",
    "be35c8d6ae735d3bd8b5e27b1e1a067eba53e6a1cb4ef0f607c4717435e8ffa676246e7d08dfb4e83c78ad26f423b727b5d2c90627bdf6c94c1dbdf01979c34b1c",
  ];
  // Signed by Autobahn|Python in its own tests, over texts in `meta`.
  const AUTOBAHN = [
    "70726dda677cac8f21366f8023d17203b2f4f9099e954f9bebb2134086e2ac291d80ce038a1342a7748d4b0750f06b8de491561d581c90c99f1c09c91cfa7e191c",
    "f031b2625ae7e32e7eec3a8fa09f4db3a43217f282b7695e5b09dd2e13c25dc679c1f3ce27b94a3074786f7f12183a2a275a00aea5a66b83c431281f1069bd841c",
    "c3bcd7a3c3c45ae45a24cd7745db3b39c4113e6b71a4220f943f0969282246b4083ef61277bd7ba9e92c9a07b79869ce63bc6206986480f9c5daddb27b91bebe1b",
  ];
  const meta = "QmNbMM6TMLAgqBKzY69mJKk5VKvpcTtAtwAaLC2FV4zC3G";
  const validFrom = 15139218;
  const autobahnChain = [
    delegate({ bootedAt: 1657781999086394759n, meta: "Qme7ss3ARVgxv6rXqVPiikMJ8u2NLgmgszg13pYrDKEoiu", validFrom }),
    intermediate({ meta, validFrom }),
    root({ meta, validFrom }),
  ];

  test.each<[string, SignedCertificate[], string[]]>([
    ["the specification's example 3", exampleChain(), EXAMPLE],
    ["Autobahn|Python's", autobahnChain, AUTOBAHN],
  ])("[CSG-12][CSG-13] %s keep all rules, with the signatures they were published with", (_, chain, signatures) => {
    const published = chain.map(([certificate], index) => [certificate, signatures[index]]);
    const verdict = verdictOn(published);
    expect(verdict).toMatchObject({ ok: true, trustroot: OWNER.address });
    // The keys are known, and signing is deterministic: the certificates of these tests are hashed as theirs.
    expect(chain.map(([, signature]) => signature)).toStrictEqual(signatures);
  });

  test("[CSG-13] the example does not survive the change of one digit in a number beyond 2^53", () => {
    const [first, ...others] = exampleChain();
    const [{ message, ...rest }, signature] = first as unknown as [{ message: object }, string];
    const changed = [{ ...rest, message: { ...message, bootedAt: 1658765756680628960n } }, signature];
    expect(verdictOn([changed, ...others])).toMatchObject({ ok: false, reason: expect.stringMatching(/^CCR-12: /) });
  });

  function verdictOn(chain: unknown): Verdict {
    return judge(v.parse(certificatesSchema, chain), {
      chainId: 1n,
      verifyingContract: CONTRACT.toLowerCase() as Address,
      realm: REALM.toLowerCase() as Address,
      blockNumber: BigInt(BLOCK),
    });
  }
});
