/** Knows which tables the storage of an object has, and the number of their schema. */

const SCHEMA = "schema_version";

/** The tables of one object. One query reads their names when they are first needed. */
export class Tables {
  /** The schema number that is written with the first table. */
  schema = 1;
  readonly #sql: SqlStorage;
  #names: Set<string> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Whether a table exists. */
  has(name: string): boolean {
    return this.#known().has(name);
  }

  /** Whether no table has a row, apart from the schema number and the tables of the platform. */
  areEmpty(): boolean {
    const isOurs = (name: string) => name !== SCHEMA && !name.startsWith("_cf_") && !name.startsWith("sqlite_");
    const own = [...this.#known()].filter(isOurs);
    return own.every((name) => this.#sql.exec(`SELECT 1 FROM ${name} LIMIT 1`).toArray().length === 0);
  }

  /** Drops the cache: tables may have been created elsewhere, or rolled back. */
  forget(): void {
    this.#names = undefined;
  }

  /** Creates a table unless it exists; `columns` is the text between the parentheses of CREATE TABLE. */
  make(name: string, columns: string, options = ""): void {
    if (this.has(name)) return;
    if (!this.has(SCHEMA)) this.writeSchema();
    this.#sql.exec(`CREATE TABLE ${name} (${columns}) ${options}`);
    this.#known().add(name);
  }

  /** The schema number of the storage; undefined if it has no tables. Release 0.1.0 wrote no number: 1. */
  storedSchema(): number | undefined {
    const known = this.#known();
    if (!known.has(SCHEMA)) return [...known].some((name) => !name.startsWith("_cf_")) ? 1 : undefined;
    return this.#sql.exec<{ number: number }>(`SELECT number FROM ${SCHEMA}`).toArray()[0]?.number ?? Number.NaN;
  }

  /** Writes `schema` as the schema number of the storage. */
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
