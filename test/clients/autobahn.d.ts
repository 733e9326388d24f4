/** The part of Autobahn|JS that the tests use; the package has no types. */
declare module "autobahn" {
  export interface Dict {
    readonly [key: string]: unknown;
  }
  export interface Result {
    readonly args: unknown[];
    readonly kwargs: Dict;
  }
  export interface Subscription {
    unsubscribe(): Promise<unknown>;
  }
  export interface Registration {
    unregister(): Promise<unknown>;
  }
  export type Handler = (args: unknown[], kwargs: Dict, details: Dict) => unknown;
  export interface Session {
    readonly id: number;
    call(procedure: string, args?: unknown[], kwargs?: object, options?: object): Promise<unknown>;
    register(procedure: string, endpoint: Handler, options?: object): Promise<Registration>;
    subscribe(topic: string, handler: Handler, options?: object): Promise<Subscription>;
    publish(topic: string, args: unknown[], kwargs: object, options: { acknowledge: true }): Promise<{ id: number }>;
    publish(topic: string, args?: unknown[], kwargs?: object, options?: object): undefined;
  }
  export interface Connection {
    onopen: (session: Session, details: Dict) => void;
    /** A true result stops the reconnecting. */
    onclose: (reason: string, details: Dict) => boolean;
    readonly isOpen: boolean;
    open(): void;
    close(reason?: string, message?: string): void;
  }
  const autobahn: {
    readonly Connection: new (options: object) => Connection;
    readonly Result: new (args?: unknown[], kwargs?: object) => Result;
    readonly Error: new (error: string, args?: unknown[], kwargs?: object) => object;
    readonly serializer: Readonly<Record<"JSONSerializer" | "MsgpackSerializer" | "CBORSerializer", new () => object>>;
    readonly auth_cra: {
      sign(key: string, challenge: unknown): string;
      derive_key(secret: string, salt: unknown, iterations: unknown, keylen: unknown): string;
    };
    readonly auth_cryptosign: { sign_challenge(pair: { readonly secretKey: Uint8Array }, extra: Dict): string };
    readonly log: { warn(...text: unknown[]): void };
  };
  export default autobahn;
}
