/** The MariaDB or MySQL server of these tests: that of `DATABASE_URL_MYSQL`, or one on the loopback that lets root in without a password. */
import mysql from 'mysql2/promise'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The address of the server. */
    mysql: string
  }
}

const onLoopback = 'mysql://root@127.0.0.1:3306/'

/** Returns why the server cannot be used for tests, which make databases of their own. */
const isUnusable = async (uri: string): Promise<string | undefined> => {
  try {
    const client = await mysql.createConnection({ uri, connectTimeout: 5_000 })
    try {
      await client.query('create database if not exists userpoint_test')
      return undefined
    } finally {
      await client.end()
    }
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown'
  }
}

export const setup = async (project: TestProject): Promise<void> => {
  const given = process.env['DATABASE_URL_MYSQL'] ?? ''
  const url = given === '' ? onLoopback : given
  const reason = await isUnusable(url)
  if (reason !== undefined) {
    const where = given === '' ? 'The server on 127.0.0.1:3306' : 'The server of DATABASE_URL_MYSQL'
    throw new Error(`${where} accepts no user who can create a database for the tests: ${reason}`)
  }
  project.provide('mysql', url)
}
