/**
 * A client over the types that openapi-typescript generates from the description of the interface. `interface.ts` exists
 * only beside the copy that `generated.test.ts` compiles, so this file is no part of the project's own type check.
 */
import createClient from 'openapi-fetch'
import type { components, paths } from './interface.ts'

type Execution = components['schemas']['Execution']
type Fetch = (request: Request) => Promise<Response>

const datamart = '1162'
const partner = { 'X-PARTNER-NAME': 'mybrand' }

/** Returns the data of an answer, or fails with its error. */
const dataOf = <A,>({ data, error }: { data?: A; error?: unknown }): A => {
  if (data === undefined) throw new Error(JSON.stringify(error))
  return data
}

/** Uploads one profile, waits for the execution, and reads, changes and deletes the person by path. */
export const useMediarithmics = async (fetch: Fetch, token: string) => {
  const client = createClient<paths>({ baseUrl: 'http://localhost', fetch, headers: { authorization: token } })
  const created = dataOf(
    await client.POST('/v1/datamarts/{datamart}/document_imports', {
      params: { path: { datamart } },
      body: { document_type: 'USER_PROFILE', mime_type: 'APPLICATION_X_NDJSON', encoding: 'utf-8', name: 'generated' }
    })
  )
  const documentImport: string = created.data.id
  const line = { operation: 'UPSERT', email_hash: 'g-1', force_replace: false, merge_objects: true, user_profile: { city: 'Lyon' } }
  const uploaded = dataOf(
    await client.POST('/v1/datamarts/{datamart}/document_imports/{import}/executions', {
      params: { path: { datamart, import: documentImport }, query: { verdicts: 'all' } },
      headers: { 'content-type': 'application/x-ndjson' },
      body: `${JSON.stringify(line)}\n`,
      bodySerializer: (body) => body as string
    })
  )
  let execution: Execution = uploaded.data
  while (execution.status === 'PENDING' || execution.status === 'RUNNING') {
    await new Promise((resolve) => setTimeout(resolve, 5))
    const path = { datamart, import: documentImport, execution: execution.id }
    const asked = await client.GET('/v1/datamarts/{datamart}/document_imports/{import}/executions/{execution}', {
      params: { path }
    })
    execution = dataOf(asked).data
  }
  const selected = { params: { path: { datamart, selector: 'email_hash=g-1' } } }
  const point = dataOf(await client.GET('/v1/datamarts/{datamart}/user_points/{selector}', selected)).data
  const hashes = point.identifiers.flatMap((each) => (each.type === 'USER_EMAIL' ? [each.hash] : []))
  const put = dataOf(
    await client.PUT('/v1/datamarts/{datamart}/user_points/{selector}/{document}/{item}', {
      params: { path: { ...selected.params.path, document: 'user_segments', item: 'segment_technical_name=vip' } },
      body: { expiration_duration: 5 }
    })
  )
  const deleted = dataOf(await client.DELETE('/v1/datamarts/{datamart}/user_points/{selector}', selected))
  const gone = await client.GET('/v1/datamarts/{datamart}/user_points/{selector}', selected)
  return {
    succeeded: execution.result?.total_success,
    verdicts: typeof execution.result?.verdict_file_uri,
    hashes,
    profiles: point.profiles.length,
    put: put.verdict,
    deleted: deleted.status,
    code: gone.error?.error_code
  }
}

/** Upserts a user, reads it, and deletes it. */
export const useInsider = async (fetch: Fetch, token: string) => {
  const client = createClient<paths>({ baseUrl: 'http://localhost', fetch, headers: { 'x-request-token': token } })
  const params = { header: partner }
  const identifiers = { email: 'g-2@example.org' }
  const report = dataOf(
    await client.POST('/api/user/v1/upsert', {
      params,
      body: { users: [{ identifiers, attributes: { city: 'Nice' } }, { identifiers: {}, attributes: { city: 'Metz' } }] }
    })
  )
  const asked = { params, body: { identifiers, attributes: ['city'] } }
  const user = dataOf(await client.POST('/api/user/v1/profile', asked))
  await client.POST('/api/user/v1/delete', { params, body: { identifiers } })
  const gone = await client.POST('/api/user/v1/profile', asked)
  return {
    successful: report.data.successful.count,
    failed: report.data.fail.count,
    city: user.attributes['city'],
    gone: gone.response.status
  }
}

/** Calls that a compiler must refuse, so that types that take everything are noticed. */
export const refused = async (client: ReturnType<typeof createClient<paths>>) => {
  // @ts-expect-error The interface has no such path.
  await client.GET('/v1/nothing')
  // @ts-expect-error The datamart is missing.
  await client.GET('/v1/datamarts/{datamart}')
  // @ts-expect-error The format, the encoding and the name are missing.
  await client.POST('/v1/datamarts/{datamart}/document_imports', { params: { path: { datamart } }, body: { document_type: 'USER_PROFILE' } })
  // @ts-expect-error The partner is missing.
  await client.POST('/api/user/v1/upsert', { body: { users: [] } })
  const { data } = await client.GET('/v1/datamarts')
  // @ts-expect-error An answer has no such field.
  return data?.nothing
}
