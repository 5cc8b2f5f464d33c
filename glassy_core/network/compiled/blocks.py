"""Vector instructions for numba: blocks of matrix products held in registers, and a fast tanh.

Numba leaves vectors to LLVM's automatic vectoriser, which neither keeps a block of a product in
registers nor uses the full register width. The intrinsics here write such blocks out; LLVM lowers
them to whatever the processor has. They take pointers and element offsets, unchecked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic as _intrinsic

from glassy_core.network.compiled.simd import LANES, Vectors

intrinsic: Any = _intrinsic  # numba's own type counts the typing context among the arguments


@intrinsic
def pointers(typingctx, arrays):  # type: ignore[no-untyped-def]
    """A named tuple like `arrays` with a pointer to the first element in place of every array.

    A pointer can be passed on and indexed without the counting of references that an array brings.
    """
    kinds = [types.CPointer(kind.dtype) for kind in arrays.types]
    result = types.NamedTuple(kinds, arrays.instance_class)

    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        found = []
        for kind, array in zip(arrays.types, cgutils.unpack_tuple(builder, args[0]), strict=True):
            data = context.make_array(kind)(context, builder, array).data
            found.append(builder.bitcast(data, context.get_value_type(types.CPointer(kind.dtype))))
        return context.make_tuple(builder, result, found)

    return result(arrays), emit


@intrinsic
def _itemsize(typingctx, x):  # type: ignore[no-untyped-def]
    """Bytes of an element."""
    size = x.dtype.bitwidth // 8
    return types.intp(x), lambda context, builder, signature, args: context.get_constant(types.intp, size)


def _block(height: int, vectors: int) -> Any:
    """The intrinsic for a block of `height` rows and `vectors` vectors of C = [C +] A B."""

    @intrinsic
    def block(typingctx, A, a, row, step, B, b, ldb, K, C, c, ldc, add):  # type: ignore[no-untyped-def]
        """C[i] (at c + i ldc) = sum over k < K of A[a + i row + k step] B[b + k ldb], plus C if add."""
        ints = types.intp
        signature = types.void(A, ints, ints, ints, B, ints, ints, ints, C, ints, ints, types.boolean)

        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            _, a, row, step, _, b, ldb, K, _, c, ldc, add = args
            v = Vectors(context, builder, A.dtype == types.float32)
            A_, B_, C_ = args[0], args[4], args[8]
            sums = {(i, j): cgutils.alloca_once(builder, v.type) for i in range(height) for j in range(vectors)}
            integer = a.type
            along = [integer(j * v.lanes) for j in range(vectors)]
            rows_A = [builder.add(a, builder.mul(row, integer(i))) for i in range(height)]
            rows_C = [builder.add(c, builder.mul(ldc, integer(i))) for i in range(height)]
            for place in sums.values():
                builder.store(v.constant(0.0), place)
            with builder.if_then(cgutils.is_not_null(builder, add)):
                for (i, j), place in sums.items():
                    builder.store(v.load(C_, builder.add(rows_C[i], along[j])), place)
            with cgutils.for_range(builder, K) as loop:
                at_B = builder.add(b, builder.mul(loop.index, ldb))
                at_A = builder.mul(loop.index, step)
                right = [v.load(B_, builder.add(at_B, offset)) for offset in along]
                for i in range(height):
                    left = v.spread(builder.load(builder.gep(A_, [builder.add(rows_A[i], at_A)])))
                    for j in range(vectors):
                        builder.store(v.fma(left, right[j], builder.load(sums[i, j])), sums[i, j])
            for (i, j), place in sums.items():
                v.store(builder.load(place), C_, builder.add(rows_C[i], along[j]))
            return context.get_dummy_value()

        return signature, emit

    return block


_block_8x3, _block_8x2, _block_8x1 = _block(8, 3), _block(8, 2), _block(8, 1)
_block_4x3, _block_4x2, _block_4x1 = _block(4, 3), _block(4, 2), _block(4, 1)


@njit
def multiply(A, a, row, step, B, b, ldb, K, C, c, ldc, rows, columns, height, add):  # type: ignore[no-untyped-def]
    """C = [C +] A B by blocks of height 8 or 4, of which rows is a multiple; A[i, k] is at a + i row + k step."""
    lanes = LANES // (_itemsize(A) // 4)
    j = 0
    while j < columns:
        left = (columns - j) // lanes
        vectors = 3 if left == 3 or left > 4 else min(left, 2)
        for i in range(0, rows, height):
            at_A, at_B, at_C = a + i * row, b + j, c + i * ldc + j
            if height == 8:
                if vectors == 3:
                    _block_8x3(A, at_A, row, step, B, at_B, ldb, K, C, at_C, ldc, add)
                elif vectors == 2:
                    _block_8x2(A, at_A, row, step, B, at_B, ldb, K, C, at_C, ldc, add)
                else:
                    _block_8x1(A, at_A, row, step, B, at_B, ldb, K, C, at_C, ldc, add)
            elif vectors == 3:
                _block_4x3(A, at_A, row, step, B, at_B, ldb, K, C, at_C, ldc, add)
            elif vectors == 2:
                _block_4x2(A, at_A, row, step, B, at_B, ldb, K, C, at_C, ldc, add)
            else:
                _block_4x1(A, at_A, row, step, B, at_B, ldb, K, C, at_C, ldc, add)
        j += vectors * lanes


def _in_place(formula: Callable[[Vectors, Any, Any], Any]) -> Any:
    """The intrinsic x[i ...] = formula(x[i ...], y[j ...]) for one vector of float32."""

    @intrinsic
    def apply(typingctx, x, i, y, j):  # type: ignore[no-untyped-def]
        def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
            v = Vectors(context, builder)
            x_, y_ = args[0], args[2]
            if y.dtype == types.int8:
                small = ir.VectorType(ir.IntType(8), v.lanes)
                other = builder.sitofp(builder.load(v.at(y_, args[3], small), align=1), v.type)
            else:
                other = v.load(y_, args[3])
            v.store(formula(v, v.load(x_, args[1]), other), x_, args[1])
            return context.get_dummy_value()

        return types.void(x, types.intp, y, types.intp), emit

    return apply


def _tanh(v: Vectors, x: Any, _: Any) -> Any:
    size = v.least(v.call("fabs", x), 40.0)
    return v.call("copysign", v.fma(v.logistic(size), v.constant(-2.0), v.constant(1.0)), x)


def _residual(v: Vectors, H: Any, target: Any) -> Any:
    # target - tanh H for a target of +-1, without the cancellation; 0 for a target of 0.
    b = v.builder
    margin = v.least(b.fmul(target, H), 40.0)
    margin = b.fneg(v.least(b.fneg(margin), 40.0))
    return b.fmul(b.fadd(target, target), v.logistic(margin))


def _slope(v: Vectors, delta: Any, mu: Any) -> Any:
    return v.builder.fmul(delta, v.fma(v.builder.fneg(mu), mu, v.constant(1.0)))


tanh_at = _in_place(_tanh)  # x = tanh x, absolute error below 1.2e-7 (y is not used)
residual_at = _in_place(_residual)  # H -> target - tanh H
slope_at = _in_place(_slope)  # delta -> delta (1 - mu^2)
add_at = _in_place(lambda v, x, y: v.builder.fadd(x, y))


@intrinsic
def sum_at(typingctx, out, i, x, a, b, c, d, e):  # type: ignore[no-untyped-def]
    """out[i ...] = x[a ...] + x[b ...] + x[c ...] + x[d ...] + x[e ...] for one vector of float32."""

    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        v = Vectors(context, builder)
        total = v.load(args[2], args[3])
        for offset in args[4:]:
            total = builder.fadd(total, v.load(args[2], offset))
        v.store(total, args[0], args[1])
        return context.get_dummy_value()

    return types.void(out, types.intp, x, *[types.intp] * 5), emit


@intrinsic
def plus_at(typingctx, out, i, x, j, y, k):  # type: ignore[no-untyped-def]
    """out[i ...] = x[j ...] + y[k ...] for one vector of float32."""

    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        v = Vectors(context, builder)
        v.store(builder.fadd(v.load(args[2], args[3]), v.load(args[4], args[5])), args[0], args[1])
        return context.get_dummy_value()

    return types.void(out, types.intp, x, types.intp, y, types.intp), emit
