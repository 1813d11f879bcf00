/** The progress of an import: a bar on a terminal, a plain line from time to time elsewhere. */
import type { TextStream } from './io.ts'
import { grouped } from './report-table.ts'

export interface Progress {
  /** Counts the bytes of one reading of the input, and passes them on. */
  readonly watch: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>
  /** Counts lines that got their verdict. */
  readonly add: (lines: number) => void
  readonly stop: () => void
}

interface State {
  readonly size: number
  readonly bytes: number
  readonly lines: number
  /** Since the current reading began. */
  readonly milliseconds: number
}

/** Formats a duration: `45 s`, `2 min 5 s`, `1 h 10 min`. */
export const duration = (seconds: number): string => {
  const s = Math.ceil(seconds)
  if (s < 60) return `${s} s`
  if (s < 3_600) return `${Math.floor(s / 60)} min ${s % 60} s`
  return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`
}

/** Formats the progress: `12,000 lines, 30,000/s, 8 s left`. */
export const summary = ({ size, bytes, lines, milliseconds }: State): string => {
  // The first reading checks the input before any line is applied.
  if (lines === 0) return 'checking'
  const seconds = Math.max(milliseconds, 1) / 1_000
  const left = bytes === 0 ? '' : `, ${duration((seconds * Math.max(size - bytes, 0)) / bytes)} left`
  return `${grouped(lines)} lines, ${grouped(Math.round(lines / seconds))}/s${left}`
}

interface Display {
  readonly show: (state: State) => void
  readonly stop: () => void
}

const bar = async (stream: TextStream, title: string, size: number): Promise<Display> => {
  const { default: cliProgress } = await import('cli-progress')
  // The whole bar fits into 80 columns.
  const name = title.length <= 20 ? title : `…${title.slice(-19)}`
  const single = new cliProgress.SingleBar(
    {
      stream,
      format: '{name} {bar} {percentage}% {summary}',
      barsize: 12,
      clearOnComplete: true,
      // A killed program must not leave the terminal changed.
      linewrap: true,
      hideCursor: false
    },
    cliProgress.Presets.shades_classic
  )
  single.start(Math.max(size, 1), 0, { name, summary: 'checking' })
  return {
    show: (state) => single.update(Math.min(state.bytes, state.size), { name, summary: summary(state) }),
    stop: () => single.stop()
  }
}

const plainLines = (stream: TextStream, title: string, interval: number): Display => {
  let last = performance.now()
  return {
    show: (state) => {
      const now = performance.now()
      if (now - last < interval) return
      last = now
      const percentage = state.size === 0 ? 100 : Math.floor((Math.min(state.bytes, state.size) / state.size) * 100)
      stream.write(`${title}: ${percentage}%, ${summary(state)}\n`)
    },
    stop: () => undefined
  }
}

const noDisplay: Display = { show: () => undefined, stop: () => undefined }

export interface ProgressOptions {
  readonly stream: TextStream
  /** The name to show. */
  readonly title: string
  /** The size of the input, in bytes. */
  readonly size: number
  /** `true`: write plain lines if the stream is not a terminal. */
  readonly plain: boolean
  /** `true`: show nothing. */
  readonly hidden?: boolean
  /** The minimum time between two plain lines, in milliseconds. */
  readonly interval?: number
}

const displayOf = async ({
  stream,
  title,
  size,
  plain,
  interval
}: Required<Omit<ProgressOptions, 'hidden'>>): Promise<Display> => {
  if (stream.isTTY) return bar(stream, title, size)
  return plain ? plainLines(stream, title, interval) : noDisplay
}

export const createProgress = async ({
  stream,
  title,
  size,
  plain,
  hidden = false,
  interval = 5_000
}: ProgressOptions): Promise<Progress> => {
  const display = hidden ? noDisplay : await displayOf({ stream, title, size, plain, interval })
  let bytes = 0
  let lines = 0
  let startedAt = performance.now()
  const show = (): void => display.show({ size, bytes, lines, milliseconds: performance.now() - startedAt })
  return {
    async *watch(pieces) {
      bytes = 0
      startedAt = performance.now()
      for await (const piece of pieces) {
        yield piece
        // Count the piece only when the consumer asks for the next one, since it has then processed this one.
        bytes += piece.length
        show()
      }
    },
    add: (more) => {
      lines += more
      show()
    },
    stop: display.stop
  }
}
