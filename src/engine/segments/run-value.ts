import type { Tensor } from 'onnxruntime-common';
import { fromFloat32 } from '../../onnx/floats';
import { elementCount, type Constant, type DataType, type ElementArray, type ValueType } from '../../onnx/value';
import { nativeTypeOf, toNativeArray } from '../../program/constant-pool';
import { nativeArrayOf, type NativeArray } from '../../program/element-type';
import { copyElements, elementsOf, fromNative } from '../feeds';

/** A tensor in a run, between two programs, with its elements as the engine holds them. A network takes it as it takes a Tensor. */
export class RunValue implements ValueType {
  private elements: ElementArray | undefined;

  /** @param isShared whether the elements are also those of a feed, a constant or another value, so that a result is a copy */
  constructor(
    readonly type: DataType,
    readonly dims: readonly number[],
    readonly native: NativeArray,
    readonly isShared = false,
  ) {}

  /** The result of a program. */
  static ofBytes({ type, dims }: ValueType, bytes: ArrayBuffer): RunValue {
    return new RunValue(type, dims, new nativeArrayOf[nativeTypeOf(type)!](bytes));
  }

  static ofConstant({ type, dims, data }: Constant): RunValue {
    const value = new RunValue(type, dims, toNativeArray(type, data), true);
    value.elements = data;
    return value;
  }

  /** @param isCopied where the feed may change during the run */
  static ofFeed(feed: Tensor, isCopied: boolean): RunValue {
    const elements = elementsOf(feed);
    const data = isCopied ? copyElements(elements) : elements;
    return RunValue.ofConstant({ type: feed.type as DataType, dims: [...feed.dims], data });
  }

  /** The elements in the type that the model gives them. */
  get data(): ElementArray {
    if (this.elements) return this.elements;
    const { type, native, dims } = this;
    if (type === nativeTypeOf(type)) this.elements = native;
    else if (type === 'bfloat16') this.elements = fromFloat32(type, dims, native as Float32Array).data;
    else this.elements = fromNative(type, copyElements(native).buffer as ArrayBuffer);
    return this.elements;
  }

  get constant(): Constant {
    return { type: this.type, dims: this.dims, data: this.data };
  }

  get count(): number {
    return elementCount(this.dims);
  }

  get byteLength(): number {
    return this.native.byteLength;
  }

  /**
   * The bytes of the elements, for a result that the caller may change.
   *
   * @param isTaken whether another result has them
   */
  ownBytes(isTaken: boolean): ArrayBuffer {
    return (this.isShared || isTaken ? copyElements(this.native) : this.native).buffer as ArrayBuffer;
  }
}
