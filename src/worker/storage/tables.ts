/** Which tables a realm's storage has, and the number of their schema: one query tells, when it is first asked. */

const SCHEMA = "schema_version";

export class Tables {
  /** The schema that is written with the first table. */
  schema = 1;
  readonly #sql: SqlStorage;
  #names: Set<string> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  has(name: string): boolean {
    return this.#known().has(name);
  }

  /** Do they hold no row? The number of the schema, and tables of the platform's own, are not looked at. */
  areEmpty(): boolean {
    const isOurs = (name: string) => name !== SCHEMA && !name.startsWith("_cf_") && !name.startsWith("sqlite_");
    const own = [...this.#known()].filter(isOurs);
    return own.every((name) => this.#sql.exec(`SELECT 1 FROM ${name} LIMIT 1`).toArray().length === 0);
  }

  /** Others have created tables, or what was created has been rolled back. */
  forget(): void {
    this.#names = undefined;
  }

  /** Creates the table if it is not there yet; `columns` is what stands between the parentheses. */
  make(name: string, columns: string, options = ""): void {
    if (this.has(name)) return;
    if (!this.has(SCHEMA)) this.writeSchema();
    this.#sql.exec(`CREATE TABLE ${name} (${columns}) ${options}`);
    this.#known().add(name);
  }

  /** The schema of what is stored; undefined for storage without tables. Release 0.1.0 has written no number. */
  storedSchema(): number | undefined {
    const known = this.#known();
    if (!known.has(SCHEMA)) return [...known].some((name) => !name.startsWith("_cf_")) ? 1 : undefined;
    return this.#sql.exec<{ number: number }>(`SELECT number FROM ${SCHEMA}`).toArray()[0]?.number ?? Number.NaN;
  }

  /** Writes `schema` as the schema of what is stored. */
  writeSchema(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS ${SCHEMA} (number INTEGER)`);
    this.#sql.exec(`DELETE FROM ${SCHEMA}`);
    this.#sql.exec(`INSERT INTO ${SCHEMA} (number) VALUES (?)`, this.schema);
    this.#known().add(SCHEMA);
  }

  #known(): Set<string> {
    if (this.#names === undefined) {
      const rows = this.#sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'");
      this.#names = new Set(Array.from(rows, ({ name }) => name));
    }
    return this.#names;
  }
}
