import { main } from './program.js'

main().then(
  (said) => console.log(said),
  (error: unknown) => {
    console.error(error)
    throw error
  }
)
