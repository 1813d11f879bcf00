/** The operations of mediarithmics' dialect. */
import { importPaths } from './import-paths.ts'
import { mediarithmics, ok, page, problem, answers, datamart, paging } from './mediarithmics-parts.ts'
import { ref, type Schema } from './parts.ts'
import { declarationPaths, userPointPaths } from './user-point-paths.ts'

const datamartPaths: Schema = {
  '/v1/datamarts': {
    get: mediarithmics({
      id: 'listDatamarts',
      summary: 'List the datamart that the token opens',
      parameters: paging,
      answers: answers(page(ref('Datamart'), { id: '1162' }), 400)
    })
  },
  '/v1/datamarts/{datamart}': {
    parameters: [datamart],
    get: mediarithmics({
      id: 'getDatamart',
      summary: 'Get the datamart that the token opens',
      answers: answers(ok(ref('Datamart'), { id: '1162' }))
    })
  },
  '/v1/datamarts/{datamart}/user_account_compartments': {
    parameters: [datamart],
    get: mediarithmics({
      id: 'listCompartments',
      summary: 'List the compartments that the policies name',
      parameters: paging,
      answers: answers(page(ref('Compartment'), { id: '1000', default: true }), 400)
    })
  },
  '/v1/datamarts/{datamart}/user_agent_identifier_realm_selections': {
    parameters: [datamart],
    get: mediarithmics({
      id: 'listRealms',
      summary: 'List the realms of user agent ids; the list is empty',
      parameters: paging,
      answers: answers(page(ref('Properties'), {}), 400)
    })
  }
}

export const mediarithmicsPaths: Schema = { ...datamartPaths, ...importPaths, ...userPointPaths, ...declarationPaths }
export const notFoundAnswer: Schema = problem(404)
