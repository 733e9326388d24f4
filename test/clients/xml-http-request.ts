/** The part of a browser's XMLHttpRequest that Autobahn|JS uses, on top of fetch. */

/** A request at a time; every event calls its `on…` property. */
export class XmlHttpRequest {
  withCredentials = false;
  timeout = 0;
  readyState = 0;
  status = 0;
  statusText = "";
  responseText = "";
  onreadystatechange: () => void = () => {};
  ontimeout: () => void = () => {};
  readonly #headers = new Headers();
  #method = "";
  #url = "";

  open(method: string, url: string): void {
    this.#method = method;
    this.#url = url;
  }

  setRequestHeader(name: string, value: string): void {
    this.#headers.set(name, value);
  }

  async send(body: string | null = null): Promise<void> {
    try {
      const signal = AbortSignal.timeout(this.timeout);
      const response = await fetch(this.#url, { method: this.#method, headers: this.#headers, body, signal });
      this.responseText = await response.text();
      this.status = response.status;
      this.statusText = response.statusText;
    } catch (error) {
      if ((error as Error).name === "TimeoutError") this.ontimeout();
    }
    this.readyState = 4;
    this.onreadystatechange();
  }
}
