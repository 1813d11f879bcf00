/** Every contender, by the name that the command line and a child process know it by. */

/**
 * @typedef {object} Entry
 * @property {string} title
 * @property {boolean} isSlow Whether it is given fewer lines, since each is a commit of its own.
 * @property {ReadonlyArray<ContenderName>} [beside] Those of ours that it is compared with.
 * @property {boolean} [onServer] Whether it needs a database server, so that it only takes part where it is asked for.
 * @property {boolean} keeps Whether it has a store that a later run finds again.
 * @property {() => Promise<import('./contender.mjs').Run>} load Only one is ever in a process, whose memory is measured.
 */

/** @typedef {'sqlite' | 'keys' | 'everykey' | 'thread' | 'memory' | 'parse' | 'script' | 'rmw' | 'peer' | 'postgres' | 'pgscript' | 'pgrmw' | 'mysql' | 'myscript'} ContenderName */

/** @type {Readonly<Record<ContenderName, Entry>>} */
export const contenders = {
  sqlite: {
    title: 'userpoint on SQLite',
    isSlow: false,
    keeps: true,
    load: async () => (await import('./on-sqlite.mjs')).run
  },
  keys: {
    title: 'userpoint on SQLite, with keys',
    beside: ['sqlite'],
    isSlow: false,
    keeps: true,
    load: async () => (await import('./with-keys.mjs')).runWith('erasing')
  },
  everykey: {
    title: 'userpoint on SQLite, with a new key for each write',
    beside: ['sqlite'],
    isSlow: false,
    keeps: true,
    load: async () => (await import('./with-keys.mjs')).runWith('every')
  },
  thread: {
    title: 'userpoint on SQLite, on its own thread',
    isSlow: false,
    keeps: true,
    load: async () => (await import('./on-sqlite-thread.mjs')).run
  },
  memory: {
    title: 'userpoint in memory',
    isSlow: false,
    keeps: false,
    load: async () => (await import('./in-memory.mjs')).run
  },
  parse: {
    title: '(a) read and JSON.parse',
    beside: ['memory'],
    isSlow: false,
    keeps: false,
    load: async () => (await import('./parse-only.mjs')).run
  },
  script: {
    title: '(b) hand-written script',
    beside: ['sqlite', 'thread'],
    isSlow: false,
    keeps: true,
    load: async () => (await import('./script.mjs')).run
  },
  rmw: {
    title: '(c) read-modify-write, deepmerge',
    beside: ['sqlite', 'thread'],
    isSlow: true,
    keeps: true,
    load: async () => (await import('./read-modify-write.mjs')).run
  },
  peer: {
    title: '(d) unstorage on SQLite, deepmerge',
    beside: ['sqlite', 'thread'],
    isSlow: true,
    keeps: true,
    load: async () => (await import('./peer.mjs')).run
  },
  postgres: {
    title: 'userpoint on PostgreSQL',
    onServer: true,
    isSlow: false,
    keeps: false,
    load: async () => (await import('./on-postgres.mjs')).run
  },
  pgscript: {
    title: '(e) hand-written script on PostgreSQL',
    beside: ['postgres'],
    onServer: true,
    isSlow: false,
    keeps: false,
    load: async () => (await import('./postgres-script.mjs')).run
  },
  pgrmw: {
    title: '(f) read-modify-write on PostgreSQL',
    beside: ['postgres'],
    onServer: true,
    isSlow: true,
    keeps: false,
    load: async () => (await import('./postgres-read-modify-write.mjs')).run
  },
  mysql: {
    title: 'userpoint on MariaDB',
    onServer: true,
    isSlow: false,
    keeps: false,
    load: async () => (await import('./on-mysql.mjs')).run
  },
  myscript: {
    title: '(g) hand-written script on MariaDB',
    beside: ['mysql'],
    onServer: true,
    isSlow: false,
    keeps: false,
    load: async () => (await import('./mysql-script.mjs')).run
  }
}
