//! The opcodes of pickles.

/// Makes [`Opcode`]. A row: the byte, the variant, and the name in Python's `pickletools`.
macro_rules! opcodes {
    ($($byte:literal $variant:ident $name:literal)+) => {
        /// An opcode.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Opcode {
            $($variant,)+
        }

        impl Opcode {
            /// The opcode of this byte.
            pub(super) fn from_byte(byte: u8) -> Option<Self> {
                match byte { $($byte => Some(Self::$variant),)+ _ => None }
            }

            /// Its name in Python.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

opcodes! {
    // The machine.
    0x80  Proto            "PROTO"
    0x95  Frame            "FRAME"
    b'.'  Stop             "STOP"
    b'('  Mark             "MARK"
    b'0'  Pop              "POP"
    b'1'  PopMark          "POP_MARK"
    b'2'  Dup              "DUP"
    // Constants and numbers.
    b'N'  None             "NONE"
    0x88  NewTrue          "NEWTRUE"
    0x89  NewFalse         "NEWFALSE"
    b'J'  BinInt           "BININT"
    b'K'  BinInt1          "BININT1"
    b'M'  BinInt2          "BININT2"
    0x8a  Long1            "LONG1"
    0x8b  Long4            "LONG4"
    b'G'  BinFloat         "BINFLOAT"
    // Text and bytes.
    b'T'  BinString        "BINSTRING"
    b'U'  ShortBinString   "SHORT_BINSTRING"
    b'X'  BinUnicode       "BINUNICODE"
    0x8c  ShortBinUnicode  "SHORT_BINUNICODE"
    0x8d  BinUnicode8      "BINUNICODE8"
    b'B'  BinBytes         "BINBYTES"
    b'C'  ShortBinBytes    "SHORT_BINBYTES"
    0x8e  BinBytes8        "BINBYTES8"
    0x96  ByteArray8       "BYTEARRAY8"
    // Containers.
    b']'  EmptyList        "EMPTY_LIST"
    b'l'  List             "LIST"
    b'a'  Append           "APPEND"
    b'e'  Appends          "APPENDS"
    b')'  EmptyTuple       "EMPTY_TUPLE"
    b't'  Tuple            "TUPLE"
    0x85  Tuple1           "TUPLE1"
    0x86  Tuple2           "TUPLE2"
    0x87  Tuple3           "TUPLE3"
    b'}'  EmptyDict        "EMPTY_DICT"
    b'd'  Dict             "DICT"
    b's'  SetItem          "SETITEM"
    b'u'  SetItems         "SETITEMS"
    0x8f  EmptySet         "EMPTY_SET"
    0x90  AddItems         "ADDITEMS"
    0x91  FrozenSet        "FROZENSET"
    // The memo.
    b'q'  BinPut           "BINPUT"
    b'r'  LongBinPut       "LONG_BINPUT"
    0x94  Memoize          "MEMOIZE"
    b'h'  BinGet           "BINGET"
    b'j'  LongBinGet       "LONG_BINGET"
    // What reaches out of the pickle.
    b'c'  Global           "GLOBAL"
    0x93  StackGlobal      "STACK_GLOBAL"
    b'R'  Reduce           "REDUCE"
    b'b'  Build            "BUILD"
    b'Q'  BinPersId        "BINPERSID"
    // Known, to be named when they are refused.
    0x81  NewObj           "NEWOBJ"
    0x92  NewObjEx         "NEWOBJ_EX"
    b'i'  Inst             "INST"
    b'o'  Obj              "OBJ"
    b'P'  PersId           "PERSID"
    0x82  Ext1             "EXT1"
    0x83  Ext2             "EXT2"
    0x84  Ext4             "EXT4"
    0x97  NextBuffer       "NEXT_BUFFER"
    0x98  ReadOnlyBuffer   "READONLY_BUFFER"
    b'I'  Int              "INT"
    b'L'  Long             "LONG"
    b'F'  Float            "FLOAT"
    b'S'  String           "STRING"
    b'V'  Unicode          "UNICODE"
    b'p'  Put              "PUT"
    b'g'  Get              "GET"
}
