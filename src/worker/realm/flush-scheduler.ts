/** When queued frames go out: at once while traffic is light, together where that saves work. */

/** Something with frames to send. */
export interface Sender {
  /** Sends what is queued; the number of frames it was. */
  flush(): number;
}

/**
 * Sends to one socket in the same turn share most of their cost (workerd starts one pump for them), so under load the
 * frames of several turns wait for one timer. Waiting pays only if sockets get more than one frame each; where a trial
 * shows they don't, the next turns flush immediately: twice as many after each fruitless trial.
 */
export class FlushScheduler {
  #senders: Sender[] = [];
  #isTimerSet = false;
  #immediateTurns = 0;
  #nextImmediateTurns = FEWEST_IMMEDIATE_TURNS;

  /** `sender` has its first frame queued. */
  add(sender: Sender): void {
    this.#senders.push(sender);
  }

  /** The turn that queued frames is over. */
  flushAtEndOfTurn(): void {
    if (this.#senders.length === 0 || this.#isTimerSet) return;
    if (this.#immediateTurns > 0) {
      this.#immediateTurns--;
      this.flush();
      return;
    }
    this.#isTimerSet = true;
    setTimeout(() => this.#flushTogether(), 0);
  }

  #flushTogether(): void {
    this.#isTimerSet = false;
    const receivers = this.#senders.length;
    if (this.flush() >= WORTHWHILE_FRAMES_PER_RECEIVER * receivers) {
      this.#nextImmediateTurns = FEWEST_IMMEDIATE_TURNS;
      return;
    }
    this.#immediateTurns = this.#nextImmediateTurns;
    this.#nextImmediateTurns = Math.min(2 * this.#nextImmediateTurns, MOST_IMMEDIATE_TURNS);
  }

  /** Sends what is queued; the number of frames it was. */
  flush(): number {
    const senders = this.#senders;
    this.#senders = [];
    let frames = 0;
    for (const sender of senders) frames += sender.flush();
    return frames;
  }
}

/** A second frame to the same socket costs about a third of the first; the timer costs about two. */
const WORTHWHILE_FRAMES_PER_RECEIVER = 1.5;
const FEWEST_IMMEDIATE_TURNS = 64;
const MOST_IMMEDIATE_TURNS = 1024;
