import { parser, plugin } from 'typescript-eslint'

export default [
  {
    files: ['*.ts'],
    languageOptions: { parser, parserOptions: { projectService: true } },
    plugins: { '@typescript-eslint': plugin },
    rules: { '@typescript-eslint/no-floating-promises': 'error' }
  }
]
