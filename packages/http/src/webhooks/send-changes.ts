/** Sends changes to a webhook, one after the other, and acknowledges each once its receiver has it. */
import type { Change } from '@userpoint/core/feed'
import { encodeChange } from '@userpoint/core/mediarithmics'
import { demandOptions, type OptionNames, WrongCall } from '@userpoint/core/repository'
import { Webhook } from 'standardwebhooks'

export interface WebhookOptions {
  /** The address of the receiver, with http or https. */
  readonly url: string
  /** The secret that the receiver shares: `whsec_`, and 24 to 64 bytes as base64. */
  readonly secret: string
  /**
   * The number of times that one change is sent before the work ends; default 8. The waits between them are two minutes in all, or
   * up to 7 if the receiver asks for it, and each time it has 20 seconds to answer.
   */
  readonly attempts?: number
  /** Ends the work at once, also within a request. That change is not acknowledged, so it is sent again. */
  readonly signal?: AbortSignal
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof fetch
  /** Waits between two attempts; the default waits as long as it is told. */
  readonly sleep?: (milliseconds: number) => Promise<void>
}

const webhookOptions: OptionNames<WebhookOptions> = {
  url: 'needed',
  secret: 'needed',
  attempts: 'optional',
  signal: 'optional',
  fetch: 'optional',
  sleep: 'optional'
}

/**
 * The reason why sending ended.
 *
 * - `WEBHOOK_FAILED`: the receiver did not take a change in any attempt.
 * - `WEBHOOK_GONE`: the receiver answered 410, so it wants no more.
 */
export type WebhookFailedCode = 'WEBHOOK_FAILED' | 'WEBHOOK_GONE'

/** A receiver did not take a change. The change is not acknowledged, and is sent again by the next call. */
export class WebhookFailed extends Error {
  override readonly name = 'WebhookFailed'
  readonly code: WebhookFailedCode
  /** The status of the last answer; `undefined`: there was none. */
  readonly status: number | undefined

  constructor(code: WebhookFailedCode, status: number | undefined) {
    super(status === undefined ? 'the receiver did not answer' : `the receiver answered ${status}`)
    this.code = code
    this.status = status
  }
}

const longestAnswer = 20_000
const longestWait = 60_000

const wait = (milliseconds: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal?.addEventListener('abort', end)
    if (signal?.aborted) end()
  })

/** Returns the time before the next attempt: 1, 2, 4 … seconds, or what the receiver asks for in seconds, at most a minute. */
const waitAfter = (attempt: number, retryAfter: string | null): number => {
  const asked = retryAfter !== null && /^\d{1,5}$/.test(retryAfter) ? Number(retryAfter) * 1_000 : 0
  return Math.min(longestWait, Math.max(asked, 1_000 * 2 ** (attempt - 1)))
}

interface Answer {
  /** `undefined`: there was none. */
  readonly status: number | undefined
  readonly retryAfter: string | null
}

const webhookOf = (secret: string): Webhook => {
  const [, key, digits = ''] = /^whsec_(([A-Za-z0-9+/]{32,86})={0,2})$/.exec(secret) ?? []
  // Half a byte or padding that does not fit is decoded by some receivers, and by some otherwise.
  const isWhole = digits.length % 4 !== 1 && (key === digits || (key ?? '').length % 4 === 0)
  // The message has nothing of the secret.
  if (key === undefined || !isWhole)
    throw new WrongCall('WRONG_ARGUMENT', 'secret must be whsec_ and 24 to 64 bytes as base64')
  return new Webhook(key)
}

const addressOf = (url: string): string => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || parsed.password !== '')
    throw new WrongCall('WRONG_ARGUMENT', 'url must be an address with http or https, without a user')
  return parsed.href
}

class Sender {
  readonly #options: WebhookOptions
  readonly #url: string
  readonly #webhook: Webhook

  constructor(options: WebhookOptions) {
    this.#options = options
    this.#url = addressOf(options.url)
    this.#webhook = webhookOf(options.secret)
  }

  /** Sends a change until the receiver takes it. Returns `false` if the signal came first. */
  async send(change: Change): Promise<boolean> {
    const { attempts = 8, signal, sleep = (milliseconds) => wait(milliseconds, signal) } = this.#options
    const body = JSON.stringify({
      type: `person.${change._tag.toLowerCase()}`,
      timestamp: new Date(change.at).toISOString(),
      data: encodeChange(change)
    })
    // A full stop separates the parts that are signed.
    const id = change.id.replaceAll('.', '_')
    for (let attempt = 1; ; attempt++) {
      const { status, retryAfter } = await this.#post(id, body)
      if (status !== undefined && status >= 200 && status < 300) return true
      if (signal?.aborted) return false
      if (status === 410) throw new WebhookFailed('WEBHOOK_GONE', status)
      if (attempt >= attempts) throw new WebhookFailed('WEBHOOK_FAILED', status)
      await sleep(waitAfter(attempt, retryAfter))
      if (signal?.aborted) return false
    }
  }

  async #post(id: string, body: string): Promise<Answer> {
    const { fetch: send = fetch, signal: ended } = this.#options
    const now = new Date()
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': `${Math.floor(now.getTime() / 1_000)}`,
      'webhook-signature': this.#webhook.sign(id, now, body)
    }
    try {
      // The caller has chosen one address; a redirect would send personal data to another one.
      const redirect = 'manual' as const
      const timeout = AbortSignal.timeout(longestAnswer)
      const signal = ended === undefined ? timeout : AbortSignal.any([ended, timeout])
      const answer = await send(this.#url, { method: 'POST', headers, body, redirect, signal })
      await answer.body?.cancel()
      return { status: answer.status, retryAfter: answer.headers.get('retry-after') }
    } catch {
      return { status: undefined, retryAfter: null }
    }
  }
}

/**
 * Sends changes to a webhook in their order, and acknowledges each once the receiver has answered 2xx: so each arrives at least
 * once, and a receiver knows a repeated one by its `webhook-id`. Requests are signed as Standard Webhooks are.
 *
 * @param changes The changes of an engine.
 * @returns The number of changes that were sent, once the changes have ended or the signal has come.
 * @throws TypeError for an address or a secret of another shape; WebhookFailed if the receiver takes a change in no attempt; and
 *   errors of the feed.
 * @example
 * ```ts
 * import { createMemoryRepository } from '@userpoint/adapter-memory'
 * import { createEngine } from '@userpoint/core'
 * import { mediarithmics } from '@userpoint/core/mediarithmics'
 * import { sendChanges } from '@userpoint/http/webhooks'
 * import { v7 } from 'uuid'
 *
 * const repository = createMemoryRepository()
 * const engine = createEngine({ dialect: mediarithmics, repository, clock: Date.now, newId: v7, feed: 'on' })
 * await engine.runOne('USER_CHOICE', {
 *   operation: 'UPSERT',
 *   email_hash: 'a1b2',
 *   force_replace: true,
 *   user_choice: { $processing_id: '1', $choice_ts: 1, $choice_acceptance_value: true }
 * })
 * const receiver = async () => new Response(null, { status: 204 })
 * const secret = `whsec_${btoa('a secret of 24 bytes!!!!')}`
 * const changes = engine.changes({ consumer: 'mail', atEnd: 'stop' })
 * console.log(await sendChanges(changes, { url: 'https://mail.example/hook', secret, fetch: receiver })) // => 1
 * ```
 */
export const sendChanges = async (changes: AsyncIterable<Change>, options: WebhookOptions): Promise<number> => {
  demandOptions('sendChanges', options, webhookOptions)
  const sender = new Sender(options)
  let sent = 0
  for await (const change of changes) {
    if (!(await sender.send(change))) return sent
    await change.acknowledge()
    sent++
  }
  return sent
}
