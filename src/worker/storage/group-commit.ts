/** Decides when pending writes are committed: at once under light load, for several turns together under heavy load. */

/**
 * Each commit costs a flush of the disk, which blocks the process. So under load the requests of several turns wait for
 * one timer and share one commit. Waiting pays off only if several requests arrive meanwhile; if a trial shows that
 * they do not, the next turns commit immediately: twice as many after each such trial.
 */
export class GroupCommit {
  readonly #commit: () => void;
  #requests = 0;
  #isTimerSet = false;
  #immediateTurns = FEWEST_IMMEDIATE_TURNS;
  #nextImmediateTurns = FEWEST_IMMEDIATE_TURNS;
  #waitMs = SHORTEST_WAIT_MS;

  /** `commit` writes what is pending. */
  constructor(commit: () => void) {
    this.#commit = commit;
  }

  /** Requests a commit. */
  add(): void {
    this.#requests++;
  }

  /** Commits what the turn has requested, or starts the timer. */
  commitAtEndOfTurn(): void {
    if (this.#requests === 0 || this.#isTimerSet) return;
    if (this.#immediateTurns > 0) {
      this.#immediateTurns--;
      this.#requests = 0;
      return this.#commit();
    }
    this.#isTimerSet = true;
    setTimeout(() => this.#commitTogether(), this.#waitMs);
  }

  #commitTogether(): void {
    this.#isTimerSet = false;
    const requests = this.#requests;
    this.#requests = 0;
    if (requests >= WORTHWHILE_REQUESTS) {
      this.#nextImmediateTurns = FEWEST_IMMEDIATE_TURNS;
      this.#waitMs = Math.min(LONGEST_WAIT_MS, Math.ceil(requests / REQUESTS_PER_MS));
    } else {
      this.#immediateTurns = this.#nextImmediateTurns;
      this.#nextImmediateTurns = Math.min(2 * this.#nextImmediateTurns, MOST_IMMEDIATE_TURNS);
      this.#waitMs = SHORTEST_WAIT_MS;
    }
    this.#commit();
  }
}

/** Requests in one trial that pay for its wait: a commit takes about half a millisecond, a trial two. */
const WORTHWHILE_REQUESTS = 4;
/** The wait grows by a millisecond for so many requests: the more arrive, the more a longer wait saves. */
const REQUESTS_PER_MS = 8;
const SHORTEST_WAIT_MS = 1;
const LONGEST_WAIT_MS = 10;
const FEWEST_IMMEDIATE_TURNS = 64;
const MOST_IMMEDIATE_TURNS = 1024;
