//! `gate-sign serve`: screen codes of 15 minutes for the platforms' back ends, and a phone page that shows them.
//! Promises: the caller says who, and in whose name; the colour comes from the authority's own list, the times from the
//! service's clock, and nothing that a caller wrote is ever signed; no person stands in a file, a log, an error or a URL.
//! Must not know: devices, the passage.
//!
//! The interface is `docs/formats/screen-code-service.md`.

mod answers;
mod authority;
mod cap;
mod causes;
mod clock;
mod http;
mod leases;
mod listen;
mod operators;
mod refusal;
mod repeats;
mod request;
mod service;
mod sessions;
mod sign;
mod tally;
mod tls;

pub use authority::Sources;
pub use cap::{Cap, MOST_PER_MINUTE};
pub use clock::{Clock, SystemClock};
pub use listen::{Limits, ServeFault, Server, Stop, Stopper, by_hand};
pub use operators::{Allowance, Operator, OperatorId, Operators, OperatorsRefused, Token};
pub use refusal::{Refusal, Told};
pub use request::MAX_BODY_BYTES;
pub use service::{Service, Settings};
pub use sign::LIFE_S;
pub use tls::{Tls, TlsRefused};
