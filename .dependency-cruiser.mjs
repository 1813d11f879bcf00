/**
 * The allowed imports between packages and layers. The layers, in the order that data flows:
 *
 *     domain ← command ← decide ← engine → repository ← adapters; cli outermost
 *
 * Within the engine: input → transaction → lookahead → import → execution → feed → maintenance; each room uses those before it.
 *
 * Each rule has a planted violation in scripts/architecture/plants.mjs that proves it fires. Paths are those of the
 * files that imports lead to, so `@userpoint/core/repository` is `packages/core/src/repository/index.ts`.
 */
const core = '^packages/core/src/'
const port = `${core}repository/index\\.ts$`
// What an embedder may import of core, besides the port.
const entries = `${core}((dialects/(mediarithmics|insider)/)?index|entries/[^/]+|engine/task-engine)\\.ts$`

const settings = '^packages/settings/src/index\\.ts$'

const engine = `${core}engine/`
// In the order that data flows.
const rooms = ['input', 'transaction', 'lookahead', 'import', 'execution', 'feed', 'maintenance']
const roomRules = rooms.map((room, at) => ({
  name: `engine-room-${room}`,
  comment: 'A room of the engine uses the rooms before it, in the order that data flows, and no later one.',
  severity: /** @type {const} */ ('error'),
  from: { path: `${engine}${room}/` },
  to: { path: engine, pathNot: `${engine}(${rooms.slice(0, at + 1).join('|')})/` }
}))

const conformance = '^packages/conformance/src/'
const bindings = `${conformance}(binding|vitest|node-test)\\.ts$`
const proxy = `${conformance}proxy/`

const packageOf = (/** @type {string} */ path) => `node_modules/${path}(/|$)`

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'A cycle has no first layer.',
      severity: 'error',
      from: {},
      to: { circular: true }
    },
    {
      name: 'resolvable',
      comment: 'The other rules cannot check an import that does not resolve.',
      severity: 'error',
      // Generated beside a copy of this client when its test runs.
      from: { pathNot: '^packages/http/test/generated/client\\.mts$' },
      to: { couldNotResolve: true }
    },
    {
      name: 'fp-ts-has-one-door',
      comment: 'In core, fp.ts and either.ts alone import fp-ts, so that what core uses of it is in one place.',
      severity: 'error',
      from: { path: core, pathNot: `${core}(fp|either)\\.ts$` },
      to: { path: packageOf('fp-ts') }
    },
    {
      name: 'fp-ts-from-lib',
      comment: 'fp-ts/lib/*.js is the only form that works in native ESM; fp-ts/Either passes tsc and fails in Node.',
      severity: 'error',
      from: {},
      to: { path: packageOf('fp-ts'), pathNot: 'node_modules/fp-ts/lib/' }
    },
    {
      name: 'io-ts-in-codecs',
      comment: 'Wire shapes stop at the codecs.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: `${core}dialects/` },
      to: { path: packageOf('io-ts') }
    },
    {
      name: 'immer-edits-values',
      comment: 'immer is for edits that are ugly by hand, not for workspaces, indexes or stores.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: `${core}(decide|domain)/` },
      to: { path: packageOf('immer') }
    },
    {
      name: 'core-no-builtin',
      comment: 'core runs anywhere: no I/O, clock or randomness of its own.',
      severity: 'error',
      from: { path: core },
      to: { dependencyTypes: ['core'] }
    },
    {
      name: 'core-packages',
      comment:
        'core depends on fp-ts, io-ts and immer, and its dialect of Insider on @noble/hashes, and on nothing else.',
      severity: 'error',
      from: { path: core },
      to: { pathNot: [core, 'node_modules/(fp-ts|io-ts|immer|@noble/hashes)/'], dependencyTypesNot: ['core'] }
    },
    {
      name: 'hashes-in-dialects',
      comment: 'The neutral parts of core compute no hash.',
      severity: 'error',
      from: { path: core, pathNot: `${core}dialects/` },
      to: { path: packageOf('@noble/hashes') }
    },
    {
      name: 'core-index-is-for-others',
      comment: 'Within core, import the module that defines the thing.',
      severity: 'error',
      from: { path: core },
      to: { path: entries }
    },
    {
      name: 'fp-imports-fp-ts-only',
      comment: 'fp.ts is a door, not a room.',
      severity: 'error',
      from: { path: `${core}(fp|either)\\.ts$` },
      to: { pathNot: ['node_modules/fp-ts/lib/', `${core}either\\.ts$`] }
    },
    {
      name: 'wrong-call-stands-alone',
      comment: 'The check of arguments is for every package, and knows none.',
      severity: 'error',
      from: { path: `${core}wrong-call\\.ts$` },
      to: {}
    },
    {
      name: 'domain-layer',
      comment: 'domain is the innermost layer.',
      severity: 'error',
      from: { path: `${core}domain/` },
      to: { path: core, pathNot: `${core}(domain/|fp\\.ts$)` }
    },
    {
      name: 'command-layer',
      comment: 'A command is expressed in words of the domain.',
      severity: 'error',
      from: { path: `${core}command/` },
      to: { path: core, pathNot: `${core}((domain|command)/|fp\\.ts$)` }
    },
    {
      name: 'core-knows-no-dialect',
      comment: 'A dialect is handed to the engine; nothing of core names one.',
      severity: 'error',
      from: { path: `${core}(domain|command|decide|repository|engine)/` },
      to: { path: `${core}dialects/` }
    },
    {
      name: 'dialects-stand-alone',
      comment: 'A dialect uses domain, command, verdicts and the codecs that dialects share; never another dialect.',
      severity: 'error',
      from: { path: `${core}dialects/([^/]+)/` },
      to: {
        path: core,
        pathNot: [
          `${core}(domain/|command/|decide/verdict\\.ts$|engine/input/utf8\\.ts$|fp\\.ts$|wrong-call\\.ts$)`,
          `${core}dialects/(codec|$1)/`
        ],
        dependencyTypesNot: ['type-only']
      }
    },
    {
      name: 'shared-codecs-know-no-dialect',
      comment: 'What dialects share belongs to none of them.',
      severity: 'error',
      from: { path: `${core}dialects/codec/` },
      to: { path: `${core}dialects/`, pathNot: `${core}dialects/codec/` }
    },
    {
      name: 'decide-layer',
      comment: 'Deciding uses no store and does not wait.',
      severity: 'error',
      from: { path: `${core}decide/` },
      to: { path: core, pathNot: `${core}((domain|command|decide)/|fp\\.ts$)` }
    },
    ...roomRules,
    {
      name: 'engine-lookahead-is-handed-in',
      comment: 'An import works without a look-ahead; engine.ts hands it in.',
      severity: 'error',
      from: { path: `${engine}(import|execution|feed|maintenance)/` },
      to: { path: `${engine}lookahead/`, dependencyTypesNot: ['type-only'] }
    },
    {
      name: 'repository-stands-alone',
      comment:
        'The port is plain TypeScript: no fp-ts, io-ts or immer, and nothing of core but the type of JSON and the check of arguments.',
      severity: 'error',
      from: { path: `${core}repository/` },
      to: { pathNot: [`${core}repository/`, `${core}(domain/json|wrong-call)\\.ts$`] }
    },
    {
      name: 'repository-takes-types-only',
      comment: 'The port brings no code of the domain to an adapter.',
      severity: 'error',
      from: { path: `${core}repository/` },
      to: { path: `${core}domain/`, dependencyTypesNot: ['type-only'] }
    },
    {
      name: 'adapter-imports-port',
      comment: 'An adapter knows the port, and takes an open database: no driver, no builtin, no other package.',
      severity: 'error',
      from: { path: '^packages/(adapter-[^/]+)/src/' },
      to: { pathNot: ['^packages/$1/src/', port] }
    },
    {
      name: 'keys-packages',
      comment: 'Encryption wraps any store: it knows the port, and of Node its cryptography and its files.',
      severity: 'error',
      from: { path: '^packages/keys/src/' },
      to: { pathNot: ['^packages/keys/src/', port, '^(?:node:)?(crypto|fs|path|util)$'] }
    },
    {
      name: 'conformance-packages',
      comment: 'The suite sees core as an embedder does, and fast-check; it knows no test runner and no store.',
      severity: 'error',
      from: { path: conformance, pathNot: [bindings, proxy] },
      to: { pathNot: [conformance, port, entries, 'node_modules/fast-check/'] }
    },
    {
      name: 'conformance-bindings',
      comment: 'A binding is a few lines that register the suite with a test runner.',
      severity: 'error',
      from: { path: bindings },
      to: { pathNot: [conformance, 'node_modules/vitest/'], dependencyTypesNot: ['core'] }
    },
    {
      name: 'conformance-proxy',
      comment: 'The proxy knows the network of Node, and of the suite only what a line is.',
      severity: 'error',
      from: { path: proxy },
      to: { pathNot: [proxy, `${conformance}harness\\.ts$`, '^(?:node:)?net$'] }
    },
    {
      name: 'conformance-port-layer',
      comment: 'The requirements of the port do not use the domain.',
      severity: 'error',
      from: { path: `${conformance}(requirements|process|linearizability)/` },
      to: { path: [entries, `${conformance}(behaviour|arbitraries)/`] }
    },
    {
      name: 'conformance-oracles-stand-alone',
      comment: 'The oracles that judge core share no code with core or its callers.',
      severity: 'error',
      from: { path: `${conformance}(oracle|behaviour/oracle(-writes)?|linearizability/checker)\\.ts$` },
      to: { dependencyTypesNot: ['type-only'], pathNot: `${conformance}behaviour/oracle-writes\\.ts$` }
    },
    {
      name: 'settings-packages',
      comment:
        'Settings are described in the words of core, know no reader, and of the port only its error for a wrong call.',
      severity: 'error',
      from: { path: '^packages/settings/src/' },
      to: { path: '^packages/', pathNot: ['^packages/settings/src/', entries, `${core}repository/index\\.ts$`] }
    },
    {
      name: 'settings-no-builtin',
      comment: 'Settings are checked wherever the library runs.',
      severity: 'error',
      from: { path: '^packages/settings/src/' },
      to: { dependencyTypes: ['core'] }
    },
    {
      name: 'http-packages',
      comment: 'The handler knows core, the port and settings, and no store: it is given one.',
      severity: 'error',
      from: { path: '^packages/http/src/' },
      to: { path: '^packages/', pathNot: ['^packages/http/src/', port, entries, settings] }
    },
    {
      name: 'http-no-builtin',
      comment: 'The handler runs wherever there are web-standard requests; what needs Node is in a folder of its own.',
      severity: 'error',
      from: { path: '^packages/http/src/', pathNot: '^packages/http/src/node/' },
      to: { path: ['^packages/http/src/node/', 'node_modules/prom-client/'] }
    },
    {
      name: 'http-no-node-module',
      comment: 'As above, of modules of Node itself.',
      severity: 'error',
      from: { path: '^packages/http/src/', pathNot: '^packages/http/src/node/' },
      to: { dependencyTypes: ['core'] }
    },
    {
      name: 'userpoint-packages',
      comment: 'The door uses core as anyone else would, and knows no store: it is given one.',
      severity: 'error',
      from: { path: '^packages/userpoint/src/' },
      to: { path: '^packages/', pathNot: ['^packages/userpoint/src/', port, entries, settings] }
    },
    {
      name: 'cli-packages',
      comment: 'The program uses core and the adapters as anyone else would.',
      severity: 'error',
      from: { path: '^packages/cli/src/' },
      to: { path: '^packages/', pathNot: '^packages/(cli|core|http|keys|settings|adapter-[^/]+)/' }
    },
    {
      name: 'cli-is-outermost',
      comment: 'No module imports the program.',
      severity: 'error',
      from: { pathNot: '^packages/cli/' },
      to: { path: '^packages/cli/' }
    },
    {
      name: 'packages-by-name',
      comment: 'Another package is imported by its name, so through its exports.',
      severity: 'error',
      from: { path: '^(packages/[^/]+|tests|examples|benchmarks|scripts)/' },
      to: { path: '^packages/[^/]+/src/', pathNot: '^$1/', dependencyTypes: ['local'] }
    },
    {
      name: 'no-dev-dependency',
      comment: 'A package that src imports must be installed together with this package.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] }
    }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(packages/[^/]+/dist|tests/stacks|examples/nest)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.check.json' },
    enhancedResolveOptions: {
      conditionNames: ['userpoint-source', 'import', 'types', 'node', 'default'],
      exportsFields: ['exports'],
      // Tells fp-ts/Either, which leads to es6/, from fp-ts/lib/Either.js.
      mainFields: ['module', 'main', 'types']
    }
  }
}
