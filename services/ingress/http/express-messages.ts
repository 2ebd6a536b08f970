import { IncomingMessage, type ServerOptions, ServerResponse } from 'node:http';
import type { Express } from 'express';

/**
 * Classes for requests and responses that are created with the prototypes of `app`. Otherwise Express sets the prototypes
 * on every request, which gives the objects another hidden class in V8 than node:http's code was compiled for: that costs
 * more than the rest of Express (see bench/README.md).
 */
export function expressMessages(app: Express): Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'> {
  return {
    IncomingMessage: withPrototype(IncomingMessage, app.request) as typeof IncomingMessage,
    ServerResponse: withPrototype(ServerResponse, app.response) as typeof ServerResponse,
  };
}

function withPrototype(base: new (...parameters: never[]) => object, prototype: object): unknown {
  function construct(...parameters: unknown[]): object {
    return Reflect.construct(base, parameters, construct);
  }
  construct.prototype = prototype;
  return construct;
}
