//! Everything the service says instead of a code: a closed list, each with one thing to do.
//! Promises: nothing of a request is ever repeated; every refusal has a stable code, a status and words in two languages.
//! Must not know: HTTP beyond the number of a status, people.

/// Why there is no code. Names say verb and object; [`Refusal::code`] is the stable word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// No such path.
    FindPath,
    /// Another method than this path has.
    UseMethod,
    /// Not `application/json`.
    ReadContentType,
    /// More bytes than any request of the schema has.
    FitBody,
    /// Not JSON of the schema: wrong types, missing, unknown or repeated fields.
    MatchSchema,
    /// The request was not finished in time.
    FinishInTime,
    /// No operator has this token.
    KnowToken,
    /// The token's life is over.
    UseTokenInTime,
    /// The operator was revoked.
    AdmitOperator,
    /// This operator may not ask for this kind, or nobody may here.
    AllowKind,
    /// This operator may not use this issuer, or its key is not here.
    AllowIssuer,
    /// The number is none of its kind.
    ReadNumber,
    /// Nothing of the name can be shown.
    MaskName,
    /// Another request has this id.
    RepeatRequest,
    /// The first request with this id is not finished.
    AwaitFirst,
    /// Over the cap, for so many seconds.
    Wait(u64),
    /// The person is not in the list, and the list names everybody.
    FindPerson,
    /// The list is older than a statement of today may be.
    TrustListAge,
    /// The list cannot be read, is damaged, or is another province's.
    ReadList,
    /// The list is ahead of the clock.
    TrustClock,
    /// The desk cannot be read.
    OpenDesk,
    /// The operators' file cannot be read.
    ReadOperators,
    /// The issuer's key is not in force now.
    UseKey,
    /// The use could not be written to the desk's log.
    LogUse,
    /// The credential could not be made, or would not pass a terminal's own check.
    Sign,
    /// The session is over or was never there.
    FindSession,
    /// No room for one more session.
    HoldSession,
}

/// What is told of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The stable word.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What to do.
    pub zh: &'static str,
    /// The same.
    pub en: &'static str,
}

const fn told(code: &'static str, status: u16, zh: &'static str, en: &'static str) -> Told {
    Told { code, status, zh, en }
}

impl Refusal {
    /// Every refusal, for the manual and for counting.
    pub const ALL: [Refusal; 27] = [
        Refusal::FindPath,
        Refusal::UseMethod,
        Refusal::ReadContentType,
        Refusal::FitBody,
        Refusal::MatchSchema,
        Refusal::FinishInTime,
        Refusal::KnowToken,
        Refusal::UseTokenInTime,
        Refusal::AdmitOperator,
        Refusal::AllowKind,
        Refusal::AllowIssuer,
        Refusal::ReadNumber,
        Refusal::MaskName,
        Refusal::RepeatRequest,
        Refusal::AwaitFirst,
        Refusal::Wait(1),
        Refusal::FindPerson,
        Refusal::TrustListAge,
        Refusal::ReadList,
        Refusal::TrustClock,
        Refusal::OpenDesk,
        Refusal::ReadOperators,
        Refusal::UseKey,
        Refusal::LogUse,
        Refusal::Sign,
        Refusal::FindSession,
        Refusal::HoldSession,
    ];

    /// Its stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.told().code
    }

    /// Seconds after which to try again, where trying again can help.
    #[must_use]
    pub fn retry_after_s(self) -> Option<u64> {
        match self {
            Refusal::Wait(seconds) => Some(seconds.max(1)),
            Refusal::AwaitFirst => Some(1),
            Refusal::HoldSession | Refusal::ReadOperators | Refusal::OpenDesk => Some(30),
            Refusal::ReadList | Refusal::TrustListAge | Refusal::LogUse => Some(60),
            _ => None,
        }
    }

    /// What is told.
    #[must_use]
    pub fn told(self) -> Told {
        self.of_the_request().or_else(|| self.of_the_asker()).unwrap_or_else(|| self.of_the_desk())
    }

    fn of_the_request(self) -> Option<Told> {
        Some(match self {
            Refusal::FindPath => {
                told("path_unknown", 404, "没有此接口，请查接口文档", "no such path: see the API document")
            }
            Refusal::UseMethod => told(
                "method_not_allowed",
                405,
                "请求方法不对，请查接口文档",
                "another method: see the API document",
            ),
            Refusal::ReadContentType => {
                told("content_type", 415, "请用 application/json", "send application/json")
            }
            Refusal::FitBody => {
                told("body_too_large", 413, "请求体过大", "the body is larger than any request")
            }
            Refusal::MatchSchema => told(
                "body_not_in_schema",
                400,
                "请求体不符合格式：字段缺失、多余、重复或类型不对",
                "not in the schema: a field is missing, unknown, repeated or of another type",
            ),
            Refusal::FinishInTime => told(
                "request_timeout",
                408,
                "请求超时，请用同一 request_id 重试",
                "too slow: send it again with the same request_id",
            ),
            Refusal::ReadNumber => told(
                "number_not_valid",
                422,
                "证件号码不正确，请核对",
                "not a number of this kind of document: check it",
            ),
            Refusal::MaskName => told(
                "name_not_valid",
                422,
                "姓名没有可显示的字符",
                "the name has no character that can be shown",
            ),
            Refusal::RepeatRequest => told(
                "request_id_reused",
                409,
                "request_id 已用于另一请求，请换一个",
                "another request has this request_id: take a new one",
            ),
            Refusal::AwaitFirst => told(
                "request_in_progress",
                409,
                "同一请求正在处理，请稍后重试",
                "the first one is not finished: try again",
            ),
            _ => return None,
        })
    }

    fn of_the_asker(self) -> Option<Told> {
        Some(match self {
            Refusal::KnowToken => told("token_not_valid", 401, "令牌无效", "no operator has this token"),
            Refusal::UseTokenInTime => told(
                "token_expired",
                401,
                "令牌已过期，请向主管部门换发",
                "the token is over: ask the authority for a new one",
            ),
            Refusal::AdmitOperator => told(
                "operator_revoked",
                403,
                "接入方已停用，请联系主管部门",
                "this operator was revoked: ask the authority",
            ),
            Refusal::AllowKind => {
                told("kind_not_allowed", 403, "无权申请此类凭证", "this kind may not be asked for")
            }
            Refusal::AllowIssuer => {
                told("issuer_not_allowed", 403, "无权使用此签发方", "this issuer may not be used")
            }
            Refusal::Wait(_) => told(
                "over_the_cap",
                429,
                "请求过多，请稍后重试",
                "over the cap: wait as long as Retry-After says",
            ),
            Refusal::FindSession => told(
                "session_over",
                401,
                "会话已结束，请回到应用重新打开",
                "the session is over: open the page again from the app",
            ),
            Refusal::HoldSession => {
                told("sessions_full", 503, "会话已满，请稍后重试", "no room for a session: try again later")
            }
            _ => return None,
        })
    }

    fn of_the_desk(self) -> Told {
        match self {
            Refusal::FindPerson => told(
                "not_listed",
                422,
                "未查到记录，请持有效证件到工作人员处登记",
                "no record of this person: they register with staff, by their document",
            ),
            Refusal::TrustListAge => told(
                "list_too_old",
                503,
                "名单过旧，暂不出码；请刷身份证或走人工通道",
                "the list is too old to state a colour: ID card or staff lane",
            ),
            Refusal::ReadList => told(
                "list_not_readable",
                503,
                "名单不可用，暂不出码",
                "the list cannot be used: no codes until it can",
            ),
            Refusal::TrustClock => told(
                "clock_unsure",
                503,
                "服务器时间不可信，暂不出码",
                "the server's clock is behind the list: no codes until it is right",
            ),
            Refusal::OpenDesk => {
                told("desk_not_readable", 503, "签发数据不可用", "the desk's data cannot be read")
            }
            Refusal::ReadOperators => told(
                "operators_not_readable",
                503,
                "接入方名册不可用",
                "the file of operators cannot be read",
            ),
            Refusal::UseKey => {
                told("key_not_in_force", 503, "签发密钥不在有效期内", "the issuer's key is not in force")
            }
            Refusal::LogUse => told(
                "log_not_writable",
                503,
                "签发日志无法写入，暂不出码",
                "the desk's log cannot be written: no codes until it can",
            ),
            _ => told("not_signed", 500, "未能签发", "it could not be signed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_every_refusal_as_it_is_told() {
        let document = include_str!("../../../docs/formats/screen-code-service.md");
        for Told { code, status, zh, en } in Refusal::ALL.map(Refusal::told) {
            let row = format!("| `{code}` | {status} | {zh} · {en} |");
            assert!(document.contains(&row), "{row}");
        }
    }

    #[test]
    fn every_refusal_has_a_word_of_its_own_and_a_status_that_fits() {
        let mut codes: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Refusal::ALL.len(), "{codes:?}");
        for refusal in Refusal::ALL {
            let told = refusal.told();
            assert!((400..600).contains(&told.status) && !told.zh.is_empty() && !told.en.is_empty());
            assert!(told.code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", told.code);
            assert_eq!(told.code == "not_signed", refusal == Refusal::Sign, "only one may fall through");
        }
    }
}
