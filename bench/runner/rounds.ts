/** Measures targets in alternating rounds, A B C A B C: what else the machine does hits all of them alike. */

import type { Figures } from "../scenarios/figures.ts";
import { pause } from "../scenarios/scenario.ts";
import { SCENARIOS } from "../scenarios/scenarios.ts";
import type { Work } from "../scenarios/work.ts";
import { REALM } from "../targets/checkout-router.ts";
import type { RunningRouter } from "../targets/running-router.ts";
import { startTarget } from "../targets/start-target.ts";
import type { Target } from "../targets/target.ts";
import { runLoad } from "./load-process.ts";

/** What was measured of one target. */
export interface Row {
  readonly target: string;
  /** By round; undefined where a run failed. Empty for a router that cannot do the work. */
  readonly rounds: readonly (Figures | undefined)[];
  /** Why runs failed, and the first error of each run that had some. */
  readonly failures: readonly string[];
}

/** Milliseconds between two runs, in which the router of the former one comes to rest. */
const PAUSE_MS = 300;

/** Starts the targets, runs the work `rounds` times against each and ends them; `onRun` is told before each run. */
export async function measureRounds(
  work: Work,
  targets: readonly Target[],
  rounds: number,
  onRun: (round: number, target: string) => void,
): Promise<readonly Row[]> {
  const starts = await Promise.allSettled(targets.map((target) => Candidate.start(target, work)));
  const candidates = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
  try {
    for (const start of starts) if (start.status === "rejected") throw start.reason;
    for (let round = 1; round <= rounds; round++) {
      for (const candidate of candidates.filter(({ isAble }) => isAble)) {
        onRun(round, candidate.target.name);
        await candidate.run();
        await pause(PAUSE_MS);
      }
    }
    return candidates.map((candidate) => candidate.row);
  } finally {
    await Promise.all(candidates.map((candidate) => candidate.close()));
  }
}

/** A target and its router. */
class Candidate {
  readonly target: Target;
  readonly isAble: boolean;
  readonly #work: Work;
  #router: RunningRouter;
  readonly #rounds: (Figures | undefined)[] = [];
  readonly #failures: string[] = [];
  #isUsed = false;

  private constructor(target: Target, router: RunningRouter, work: Work) {
    this.target = target;
    this.#router = router;
    this.#work = work;
    const { needsHttp } = SCENARIOS[work.scenario]!;
    const knows = work.serializers.every((serializer) => router.serializers.has(serializer));
    const isTranslated = work.serializers[0] !== work.serializers[1];
    this.isAble = knows && !(needsHttp && router.origin === undefined) && !(isTranslated && target.kind === "relay");
  }

  static async start(target: Target, work: Work): Promise<Candidate> {
    return new Candidate(target, await startTarget(target, work.settings), work);
  }

  get row(): Row {
    return { target: this.target.name, rounds: this.#rounds, failures: this.#failures };
  }

  async run(): Promise<void> {
    if (this.#isUsed && SCENARIOS[this.#work.scenario]!.needsFreshProcess) {
      await this.#router.close();
      this.#router = await startTarget(this.target, this.#work.settings);
    }
    this.#isUsed = true;
    const { socketUrl, farSocketUrl = socketUrl, origin, pid } = this.#router;
    const urls = { socketUrl: socketUrl(REALM), farSocketUrl: farSocketUrl(REALM) };
    const report = await runLoad({ ...this.#work, ...urls, origin, realm: REALM, pid });
    const failure = "failure" in report ? report.failure : report.firstError;
    if (failure !== undefined) this.#failures.push(failure);
    this.#rounds.push("failure" in report ? undefined : report.figures);
  }

  close(): Promise<void> {
    return this.#router.close();
  }
}
