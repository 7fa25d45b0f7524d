//! SW3: what the security module says about a request.
//!
//! Promises: total over all bytes; the code comes back from the meaning. SW1 and SW2 are the card's own words and
//! decide nothing (with 31, 41, 47 and 81 they may hold anything).

/// The module's answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// `90` 操作成功.
    Done,
    /// `9F` 寻找证/卡成功.
    CardFound,
    /// `91` 证/卡中此项无内容.
    NoContent,
    /// `10` 接收数据校验和错: the module got a damaged request.
    RequestChecksum,
    /// `11` 接收数据长度错.
    RequestLength,
    /// `21` 接收数据命令错.
    RequestUnknown,
    /// `23` 越权操作.
    NotPermitted,
    /// `24` 无法识别的错误.
    UnknownError,
    /// `31` 证/卡认证 SAM 失败.
    CardRejectsModule,
    /// `32` SAM 认证证/卡失败: not a genuine card, or moved while it answered.
    ModuleRejectsCard,
    /// `33` 信息验证错误.
    DataNotVerified,
    /// `40` 无法识别的卡类型.
    CardTypeUnknown,
    /// `41` 读证/卡操作失败.
    ReadFailed,
    /// `47` 取随机数失败.
    NoRandomNumber,
    /// `60` SAM 自检失败, 不能接收命令.
    SelfTestFailed,
    /// `66` SAM 没经过授权, 无法使用.
    NotAuthorised,
    /// `80` 寻找证/卡失败: nothing in the field.
    NoCard,
    /// `81` 选取证/卡失败.
    SelectFailed,
    /// Any other code.
    Other(u8),
}

impl Status {
    const TABLE: [(u8, Self, &'static str); 18] = [
        (0x90, Self::Done, "操作成功"),
        (0x9F, Self::CardFound, "寻找证/卡成功"),
        (0x91, Self::NoContent, "证/卡中此项无内容"),
        (0x10, Self::RequestChecksum, "接收数据校验和错"),
        (0x11, Self::RequestLength, "接收数据长度错"),
        (0x21, Self::RequestUnknown, "接收数据命令错"),
        (0x23, Self::NotPermitted, "越权操作"),
        (0x24, Self::UnknownError, "无法识别的错误"),
        (0x31, Self::CardRejectsModule, "证/卡认证 SAM 失败"),
        (0x32, Self::ModuleRejectsCard, "SAM 认证证/卡失败"),
        (0x33, Self::DataNotVerified, "信息验证错误"),
        (0x40, Self::CardTypeUnknown, "无法识别的卡类型"),
        (0x41, Self::ReadFailed, "读证/卡操作失败"),
        (0x47, Self::NoRandomNumber, "取随机数失败"),
        (0x60, Self::SelfTestFailed, "SAM 自检失败, 不能接收命令"),
        (0x66, Self::NotAuthorised, "SAM 没经过授权, 无法使用"),
        (0x80, Self::NoCard, "寻找证/卡失败"),
        (0x81, Self::SelectFailed, "选取证/卡失败"),
    ];

    /// The meaning of an SW3 byte.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        let row = Self::TABLE.into_iter().find(|(known, ..)| *known == code);
        row.map_or(Self::Other(code), |(_, status, _)| status)
    }

    /// The SW3 byte.
    #[must_use]
    pub fn code(self) -> u8 {
        if let Self::Other(code) = self {
            return code;
        }
        Self::TABLE.into_iter().find(|(_, status, _)| *status == self).map_or(0, |(code, ..)| code)
    }

    /// The protocol's own words, for the technician.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        let row = Self::TABLE.into_iter().find(|(_, status, _)| *status == self);
        row.map_or("未知状态", |(_, _, meaning)| meaning)
    }
}
