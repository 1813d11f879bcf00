import { describeAgain } from '../../conformance/test/describe-again.ts'
import { createStore } from './sqlite-store.ts'

describeAgain({
  name: 'sqlite with keys in a file',
  open: () => {
    const store = createStore()
    return {
      repository: store.open(),
      peer: () => store.open(),
      reopen: () => store.open(),
      fork: store.fork,
      dump: () => [{ name: 'the file and its log', bytes: store.dump() }],
      looks: () => 'never readable',
      hinder: store.hinder,
      dispose: store.remove
    }
  }
})
