"""Arithmetic on whole vector registers, as LLVM instructions: what the intrinsics of blocks.py are made of."""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils, config


def _features() -> str:
    """Instruction sets numba compiles for, as LLVM names them."""
    chosen = getattr(config, "CPU_FEATURES", None)
    return llvm.get_host_cpu_features().flatten() if chosen is None else chosen


_WIDE, _MEDIUM = ("+avx512f" in _features(), "+avx2" in _features())
LANES = 16 if _WIDE else 8 if _MEDIUM else 4  # float32 numbers in a vector register
HEIGHT = 8 if _WIDE else 4  # rows of a block: with three vectors a row they fill the registers
_INT32 = ir.IntType(32)
_EXP2 = (  # 2^x = 1 + x (...), |x| <= 1/2, to 2e-9: a least-squares fit reweighted until its error was level
    0.693147203,
    0.240226479,
    0.0555033247,
    0.00961843736,
    0.00133988747,
    0.000153533622,
)
_TWO_LOG2E = 2.8853900817779268
_ROUND = 1.5 * 2.0**23  # added to a float32, it leaves the nearest integer in the low bits


class Vectors:
    """Emits loads, stores and arithmetic on vectors of one element type."""

    def __init__(self, context: Any, builder: Any, single: bool = True) -> None:
        self.context, self.builder = context, builder
        self.lanes = LANES if single else max(LANES // 2, 2)
        self.type = ir.VectorType(ir.FloatType() if single else ir.DoubleType(), self.lanes)
        self.integers = ir.VectorType(_INT32, self.lanes)
        self.suffix = f"v{self.lanes}f{32 if single else 64}"

    def at(self, data: Any, offset: Any, type_: Any = None) -> Any:
        """A pointer to the vector (or type_) whose first element is data[offset]."""
        return self.builder.bitcast(self.builder.gep(data, [offset]), (type_ or self.type).as_pointer())

    def load(self, data: Any, offset: Any) -> Any:
        """The vector data[offset : offset + lanes]; the address need not be a multiple of the vector's size."""
        return self.builder.load(self.at(data, offset), align=4)

    def store(self, value: Any, data: Any, offset: Any) -> None:
        """Write a vector to data[offset : offset + lanes]."""
        self.builder.store(value, self.at(data, offset), align=4)

    def constant(self, value: float) -> Any:
        """A vector with this number in every lane."""
        return ir.Constant(self.type, [value] * self.lanes)

    def integer(self, value: int) -> Any:
        """A vector of int32 with this number in every lane."""
        return ir.Constant(self.integers, [value] * self.lanes)

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        """The vector a b + c, rounded once where the processor can."""
        return self.call("fmuladd", a, b, c)

    def spread(self, scalar: Any) -> Any:
        """A vector with this scalar in every lane."""
        undefined = ir.Constant(self.type, ir.Undefined)
        first = self.builder.insert_element(undefined, scalar, _INT32(0))
        return self.builder.shuffle_vector(first, undefined, ir.Constant(self.integers, None))

    def call(self, name: str, *values: Any) -> Any:
        """The result of an LLVM intrinsic, such as 'fmuladd', on whole vectors."""
        type_ = ir.FunctionType(self.type, [self.type] * len(values))
        return self.builder.call(
            cgutils.get_or_insert_function(self.builder.module, type_, f"llvm.{name}.{self.suffix}"), values
        )

    def least(self, x: Any, bound: float) -> Any:
        """The vector min(x, bound); not a number where x is not."""
        limit = self.constant(bound)
        return self.builder.select(self.builder.fcmp_ordered(">", x, limit), limit, x)

    def logistic(self, x: Any) -> Any:
        """The vector 1 / (1 + exp(2 x)) for |x| <= 40, relative error below 1e-6, exactly 1/2 at 0."""
        b = self.builder
        scale = self.constant(_TWO_LOG2E)
        rounded = self.fma(x, scale, self.constant(_ROUND))
        whole = b.fsub(rounded, self.constant(_ROUND))
        fraction = self.fma(x, scale, b.fneg(whole))
        power = self.constant(_EXP2[-1])
        for coefficient in (*_EXP2[-2::-1], 1.0):
            power = self.fma(power, fraction, self.constant(coefficient))
        exponent = b.shl(b.bitcast(rounded, self.integers), self.integer(23))
        exponential = b.bitcast(b.add(b.bitcast(power, self.integers), exponent), self.type)
        return b.fdiv(self.constant(1.0), b.fadd(self.constant(1.0), exponential))
