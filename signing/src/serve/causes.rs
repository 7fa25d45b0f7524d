//! What keeps a service from giving codes, in words, for the custodian who watches its output.
//! Promises: a cause is said once, when it begins or changes, and once that it is over; causes are of files, keys and the log, and so
//! hold no person.
//! Must not know: requests.

use std::error::Error;
use std::sync::{Mutex, PoisonError};

use super::refusal::Refusal;
use crate::custody::CustodyFault;
use crate::desk::DeskError;
use crate::desk::against_list::ListNotAsked;
use crate::list::ListNotOpened;

/// A refusal that is not of the caller's making, with its cause.
pub(crate) struct Fault {
    refusal: Refusal,
    cause: String,
}

impl Fault {
    pub(crate) fn new(refusal: Refusal, error: &dyn Error) -> Fault {
        let mut cause = error.to_string();
        let mut below = error.source();
        while let Some(error) = below {
            cause.push_str(": ");
            cause.push_str(&error.to_string());
            below = error.source();
        }
        Fault { refusal, cause }
    }

    /// Without more words than the refusal's own.
    pub(crate) fn plain(refusal: Refusal) -> Fault {
        Fault { refusal, cause: refusal.told().en.to_owned() }
    }
}

impl From<DeskError> for Fault {
    fn from(error: DeskError) -> Fault {
        let of_log = matches!(error, DeskError::Log(_) | DeskError::Custody(CustodyFault::Log(_)));
        Fault::new(if of_log { Refusal::LogUse } else { Refusal::OpenDesk }, &error)
    }
}

impl From<CustodyFault> for Fault {
    fn from(fault: CustodyFault) -> Fault {
        let of_log = matches!(fault, CustodyFault::Log(_));
        Fault::new(if of_log { Refusal::LogUse } else { Refusal::OpenDesk }, &fault)
    }
}

impl From<ListNotAsked> for Fault {
    fn from(error: ListNotAsked) -> Fault {
        match error {
            ListNotAsked::Open(error) => error.into(),
            unread => Fault::new(Refusal::ReadList, &unread),
        }
    }
}

impl From<ListNotOpened> for Fault {
    fn from(error: ListNotOpened) -> Fault {
        match error {
            ListNotOpened::Custody(fault) => fault.into(),
            open @ ListNotOpened::Open(_) => Fault::new(Refusal::ReadList, &open),
        }
    }
}

/// Says causes to whoever watches.
pub(crate) struct Causes {
    said: Mutex<Option<String>>,
    say: fn(&str),
}

impl Causes {
    pub(crate) fn said_by(say: fn(&str)) -> Causes {
        Causes { said: Mutex::new(None), say }
    }

    /// What came of looking: a new cause is said, and that an old one is over.
    pub(crate) fn of<T>(&self, looked: Result<T, Fault>) -> Result<T, Refusal> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        match looked {
            Ok(good) => {
                if said.take().is_some() {
                    (self.say)("codes are given again");
                }
                Ok(good)
            }
            Err(Fault { refusal, cause }) => {
                if said.as_ref() != Some(&cause) {
                    (self.say)(&format!("no codes ({}): {cause}", refusal.code()));
                    *said = Some(cause);
                }
                Err(refusal)
            }
        }
    }
}
