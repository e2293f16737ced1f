import { softmaxCases } from './cases/softmax';
import { checkCases } from './check';

checkCases(softmaxCases);
