// As a new project of Nest has it.
module.exports = {
  moduleFileExtensions: ['js', 'json', 'ts'],
  rootDir: 'nest',
  testRegex: '.*\\.spec\\.ts$',
  transform: { '^.+\\.(t|j)s$': ['ts-jest', { tsconfig: 'tsconfig.nest.json' }] },
  testEnvironment: 'node'
}
