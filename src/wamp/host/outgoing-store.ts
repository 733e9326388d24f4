/** Where events wait that are sent on to another service, so that they outlive the process that took them. */

/** Receiver → numbered texts, in order. */
export interface OutgoingStore {
  /** The receivers for which there are texts. */
  receivers(): readonly string[];
  /** All texts for a receiver, the lowest number first. */
  texts(receiver: string): readonly string[];
  /** Adds a text whose number is higher than those of the receiver's other texts. */
  put(receiver: string, number: number, text: string): void;
  /** Removes the texts up to a number. */
  remove(receiver: string, upTo: number): void;
}
