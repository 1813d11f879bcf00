import type { Userpoint } from 'userpoint'

export const erase = async (people: Userpoint): Promise<void> => {
  people.erase({ emailHash: '9f86d081' })
}
