/** When what must be stored is written: at once while little is in flight, for many turns together where that saves work. */

/**
 * Each commit costs a flush of the disk, which blocks the process, so under load the wishes of several turns wait for one
 * timer and share one commit. Waiting pays only if several come meanwhile; where a trial shows that they don't, the next
 * turns commit immediately: twice as many after each fruitless trial.
 */
export class GroupCommit {
  readonly #commit: () => void;
  #wishes = 0;
  #isTimerSet = false;
  #immediateTurns = FEWEST_IMMEDIATE_TURNS;
  #nextImmediateTurns = FEWEST_IMMEDIATE_TURNS;
  #waitMs = SHORTEST_WAIT_MS;

  constructor(commit: () => void) {
    this.#commit = commit;
  }

  /** Something is to be stored soon. */
  add(): void {
    this.#wishes++;
  }

  /** The turn that added wishes is over. */
  commitAtEndOfTurn(): void {
    if (this.#wishes === 0 || this.#isTimerSet) return;
    if (this.#immediateTurns > 0) {
      this.#immediateTurns--;
      this.#wishes = 0;
      return this.#commit();
    }
    this.#isTimerSet = true;
    setTimeout(() => this.#commitTogether(), this.#waitMs);
  }

  #commitTogether(): void {
    this.#isTimerSet = false;
    const wishes = this.#wishes;
    this.#wishes = 0;
    if (wishes >= WORTHWHILE_WISHES) {
      this.#nextImmediateTurns = FEWEST_IMMEDIATE_TURNS;
      this.#waitMs = Math.min(LONGEST_WAIT_MS, Math.ceil(wishes / WISHES_PER_MS));
    } else {
      this.#immediateTurns = this.#nextImmediateTurns;
      this.#nextImmediateTurns = Math.min(2 * this.#nextImmediateTurns, MOST_IMMEDIATE_TURNS);
      this.#waitMs = SHORTEST_WAIT_MS;
    }
    this.#commit();
  }
}

/** A commit takes about half a millisecond, and a trial two. */
const WORTHWHILE_WISHES = 4;
/** A group of so many waits for one millisecond: the more come, the more a longer wait saves. */
const WISHES_PER_MS = 8;
const SHORTEST_WAIT_MS = 1;
const LONGEST_WAIT_MS = 10;
const FEWEST_IMMEDIATE_TURNS = 64;
const MOST_IMMEDIATE_TURNS = 1024;
