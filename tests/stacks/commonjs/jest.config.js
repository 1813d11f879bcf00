const { createDefaultPreset } = require('ts-jest')

module.exports = { testEnvironment: 'node', roots: ['src'], transform: createDefaultPreset().transform }
