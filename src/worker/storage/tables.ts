/** Which tables there are: one query tells, the first time somebody asks. */

export class Tables {
  readonly #sql: SqlStorage;
  #names: Set<string> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  has(name: string): boolean {
    return this.#known().has(name);
  }

  /** What was created may have been rolled back. */
  forget(): void {
    this.#names = undefined;
  }

  /** Creates the table if it is not there yet; `columns` is what stands between the parentheses. */
  make(name: string, columns: string, options = ""): void {
    if (this.has(name)) return;
    this.#sql.exec(`CREATE TABLE ${name} (${columns}) ${options}`);
    this.#known().add(name);
  }

  #known(): Set<string> {
    if (this.#names === undefined) {
      const rows = this.#sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'");
      this.#names = new Set(Array.from(rows, ({ name }) => name));
    }
    return this.#names;
  }
}
