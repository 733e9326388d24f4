/** Decides when queued frames are sent: at once under light load, for several turns together under heavy load. */

/** A connection with queued frames. */
export interface Sender {
  /** Sends the queued frames; returns their number. */
  flush(): number;
}

/**
 * Sends to one socket in the same turn share most of their cost, because workerd starts one pump for them. So under
 * load the frames of several turns wait for one timer. Waiting pays off only if sockets get more than one frame each;
 * if trials show that they do not, the next turns flush immediately: twice as many after each such trial. Even under
 * full load single trials have few frames; with one such trial enough to flush immediately, 128 calls in flight cost a
 * tenth more.
 */
export class FlushScheduler {
  #senders: Sender[] = [];
  /** The links to other objects; undefined where they have nothing to send. */
  #links: Sender | undefined;
  #isTimerSet = false;
  #immediateTurns = 0;
  /** Trials that may yet fail without consequence. */
  #failuresLeft = 0;
  #nextImmediateTurns = FEWEST_IMMEDIATE_TURNS;

  /** Takes a sender that has queued its first frame. */
  add(sender: Sender): void {
    this.#senders.push(sender);
  }

  /** Takes the links to other objects, which send between two turns only. */
  addLinks(links: Sender): void {
    this.#links = links;
  }

  /** Sends the frames of the turn, or starts the timer. */
  flushAtEndOfTurn(): void {
    if (this.#isTimerSet || (this.#senders.length === 0 && this.#links === undefined)) return;
    if (this.#immediateTurns > 0) {
      this.#immediateTurns--;
      this.#flushAll();
      return;
    }
    this.#isTimerSet = true;
    setTimeout(() => this.#flushTogether(), 0);
  }

  #flushTogether(): void {
    this.#isTimerSet = false;
    const receivers = this.#senders.length + (this.#links === undefined ? 0 : 1);
    if (this.#flushAll() >= WORTHWHILE_FRAMES_PER_RECEIVER * receivers) {
      this.#nextImmediateTurns = FEWEST_IMMEDIATE_TURNS;
      this.#failuresLeft = FAILURES_IN_A_ROW;
      return;
    }
    if (this.#failuresLeft > 0) {
      this.#failuresLeft--;
      return;
    }
    this.#immediateTurns = this.#nextImmediateTurns;
    this.#nextImmediateTurns = Math.min(2 * this.#nextImmediateTurns, MOST_IMMEDIATE_TURNS);
  }

  /** Sends everything, links included. */
  flushNow(): void {
    this.#flushAll();
  }

  #flushAll(): number {
    const links = this.#links;
    this.#links = undefined;
    return this.flush() + (links === undefined ? 0 : links.flush());
  }

  /** Sends all queued frames; returns their number. */
  flush(): number {
    const senders = this.#senders;
    this.#senders = [];
    let frames = 0;
    for (const sender of senders) frames += sender.flush();
    return frames;
  }
}

/** A second frame to the same socket costs about a third of the first one; the timer costs about two. */
const WORTHWHILE_FRAMES_PER_RECEIVER = 1.5;
/** After a worthwhile trial. */
const FAILURES_IN_A_ROW = 4;
const FEWEST_IMMEDIATE_TURNS = 64;
const MOST_IMMEDIATE_TURNS = 1024;
