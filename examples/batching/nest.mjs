// node nest.mjs <model.onnx> [port]
import 'reflect-metadata';
import { Body, Catch, Controller, Get, HttpCode, Inject, Module, Post, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Predictor, failureOf, onStop, whenGone } from './predictor.mjs';

const [file, port = '3000'] = process.argv.slice(2);

/** Decorators as functions: in TypeScript they stand before what they decorate, as @Post('predict'). */
function decorate(type, method, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, method);
  for (const decorator of decorators) decorator(type.prototype, method, descriptor);
}

class PredictController {
  constructor(predictor) {
    this.predictor = predictor;
  }
  predict(body, response) {
    return this.predictor.predict(body, whenGone(response));
  }
  runs() {
    return this.predictor.runs;
  }
}
Controller()(PredictController);
Inject(Predictor)(PredictController, undefined, 0);
decorate(PredictController, 'predict', Post('predict'), HttpCode(200));
Body()(PredictController.prototype, 'predict', 0);
Res({ passthrough: true })(PredictController.prototype, 'predict', 1);
decorate(PredictController, 'runs', Get('runs'));

class FailureFilter {
  catch(error, host) {
    const { status, body } = failureOf(error);
    host.switchToHttp().getResponse().status(status).json(body);
  }
}
Catch()(FailureFilter);

class AppModule {
  constructor(predictor) {
    this.predictor = predictor;
  }
  // After the last answer.
  onApplicationShutdown() {
    return this.predictor.close();
  }
}
Inject(Predictor)(AppModule, undefined, 0);
Module({
  controllers: [PredictController],
  providers: [{ provide: Predictor, useFactory: () => Predictor.open(file) }],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.useGlobalFilters(new FailureFilter());
await app.listen(Number(port), '127.0.0.1');
console.log(`listening on ${await app.getUrl()}`);
onStop(() => app.close());
