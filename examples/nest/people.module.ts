/** A module of Nest that keeps customers with userpoint. Its own project: docs/jobs/embed-in-nest.md. */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import {
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  Delete,
  type ExceptionFilter,
  Get,
  Inject,
  Module,
  NotFoundException,
  type OnApplicationShutdown,
  Param,
  Put
} from '@nestjs/common'
import { APP_FILTER } from '@nestjs/core'
import type { Response } from 'express'
import { createUserpoint, type Userpoint, UserpointRejected } from 'userpoint'

const PEOPLE = Symbol('people')

@Controller('customers')
class CustomersController {
  constructor(@Inject(PEOPLE) private readonly people: Userpoint) {}

  @Put(':account')
  record(@Param('account') account: string, @Body() properties: Record<string, unknown>) {
    return this.people.upsert({ account }, properties)
  }

  @Get(':account')
  async find(@Param('account') account: string) {
    const person = await this.people.find({ account })
    if (person === undefined) throw new NotFoundException()
    return person
  }

  @Delete(':account')
  erase(@Param('account') account: string) {
    return this.people.erase({ account })
  }
}

/** A wrong command is the caller's fault. Its message holds no value of the command. */
@Catch(UserpointRejected)
class RejectedFilter implements ExceptionFilter {
  catch({ code, path, message }: UserpointRejected, host: ArgumentsHost) {
    host.switchToHttp().getResponse<Response>().status(400).json({ code, path, message })
  }
}

@Module({
  controllers: [CustomersController],
  providers: [
    { provide: PEOPLE, useFactory: () => createUserpoint({ repository: createMemoryRepository() }) },
    { provide: APP_FILTER, useClass: RejectedFilter }
  ],
  exports: [PEOPLE]
})
export class PeopleModule implements OnApplicationShutdown {
  constructor(@Inject(PEOPLE) private readonly people: Userpoint) {}

  onApplicationShutdown() {
    return this.people.close()
  }
}
