//! Keys in a token behind a PKCS#11 module (OASIS PKCS #11 3.0, mechanisms CKM_EC_EDWARDS_KEY_PAIR_GEN and CKM_EDDSA).
//! Promises: a key is generated inside, sensitive and not extractable, and one that was brought in from outside, or could
//! ever leave, is not used; nothing leaves but public halves and signatures that were verified here; the PIN is asked for
//! when the token is first needed and is not kept.
//! Must not know: what is signed.
//!
//! The token holds what signs and never leaves ([`Purpose::Sign`]): root and issuers. Everything else stays in encrypted
//! files: secrets that must come out would gain nothing inside, and HPKE's key derivation (RFC 9180) has no mechanism there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use gate_proof::ed25519::{PublicKey, SigningFault};
use gate_proof::seal::OpeningKey;
use rand_core::CryptoRng;

use super::{Asked, Backend, Custody, CustodyFault, PUBLIC_BYTES, Prompt, Signer};
use crate::desk::access::TokenAddress;
use crate::key_name::{KeyName, Purpose};
use crate::seed::Seed;

/// The curve, as PrintableString "edwards25519" (PKCS #11 3.0 §2.3.10): the spelling that SoftHSM2 and others take.
const EDWARDS25519: [u8; 14] =
    [0x13, 0x0c, b'e', b'd', b'w', b'a', b'r', b'd', b's', b'2', b'5', b'5', b'1', b'9'];
const SIGNATURE_BYTES: usize = 64;

/// Keys of one desk in a token.
pub struct TokenKeys {
    address: TokenAddress,
    prompt: Arc<dyn Prompt>,
    opened: Mutex<Option<Arc<Opened>>>,
}

/// A session of the token's user. The module stays loaded while it is open.
struct Opened {
    session: Mutex<Session>,
    _module: Pkcs11,
}

impl Opened {
    fn session(&self) -> MutexGuard<'_, Session> {
        // Each use is one call of the module's: what a panic left is the module's to say.
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenKeys {
    /// Those in the token at `address`. Nothing is loaded or asked yet.
    pub fn new(address: TokenAddress, prompt: Arc<dyn Prompt>) -> TokenKeys {
        TokenKeys { address, prompt, opened: Mutex::new(None) }
    }

    fn opened(&self) -> Result<Arc<Opened>, CustodyFault> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = &*opened {
            return Ok(Arc::clone(opened));
        }
        let module = Pkcs11::new(&self.address.module).map_err(refused("load its module"))?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            other => other.map_err(refused("start"))?,
        }
        let session = self.log_in(&module)?;
        let found = Arc::new(Opened { session: Mutex::new(session), _module: module });
        *opened = Some(Arc::clone(&found));
        Ok(found)
    }

    fn log_in(&self, module: &Pkcs11) -> Result<Session, CustodyFault> {
        let slots = module.get_slots_with_initialized_token().map_err(refused("list its slots"))?;
        let labelled = |slot: &_| {
            module.get_token_info(*slot).is_ok_and(|info| info.label().trim_end() == self.address.label)
        };
        let slot = slots.into_iter().find(labelled).ok_or_else(|| CustodyFault::UseToken {
            what: "answer",
            answer: format!("no token labelled {:?} is there", self.address.label),
        })?;
        let session = module.open_rw_session(slot).map_err(refused("open a session"))?;
        let pin = AuthPin::from(self.prompt.ask(Asked::TokenPin)?.as_str().to_owned());
        match session.login(UserType::User, Some(&pin)) {
            Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            other => other.map(|()| session).map_err(refused("take the PIN")),
        }
    }

    fn label(&self, name: KeyName) -> Vec<u8> {
        format!("{} {name}", self.address.prefix).into_bytes()
    }

    fn find(
        &self,
        session: &Session,
        name: KeyName,
        class: ObjectClass,
    ) -> Result<Option<ObjectHandle>, CustodyFault> {
        let template = [
            Attribute::Class(class),
            Attribute::KeyType(KeyType::EC_EDWARDS),
            Attribute::Label(self.label(name)),
        ];
        match session.find_objects(&template).map_err(refused("look for the key"))?[..] {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            // A second object under one name is how a key would be slipped in.
            _ => Err(CustodyFault::MatchPublic(name)),
        }
    }

    fn public(&self, session: &Session, name: KeyName) -> Result<[u8; PUBLIC_BYTES], CustodyFault> {
        let public = self.find(session, name, ObjectClass::PUBLIC_KEY)?.ok_or(CustodyFault::FindKey(name))?;
        let found = session
            .get_attributes(public, &[AttributeType::EcPoint])
            .map_err(refused("give the public half"))?;
        match &found[..] {
            [Attribute::EcPoint(point)] => read_point(point).ok_or(CustodyFault::MatchPublic(name)),
            _ => Err(CustodyFault::FindKey(name)),
        }
    }

    fn generate(&self, session: &Session, name: KeyName) -> Result<(), CustodyFault> {
        let label = Attribute::Label(self.label(name));
        let public = [
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Verify(true),
            Attribute::EcParams(EDWARDS25519.to_vec()),
            label.clone(),
        ];
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            label,
        ];
        let made = session.generate_key_pair(&Mechanism::EccEdwardsKeyPairGen, &public, &private);
        made.map(|_| ()).map_err(refused("generate a key"))
    }
}

impl Custody for TokenKeys {
    fn backend(&self) -> Backend {
        Backend::Pkcs11
    }

    fn make(
        &self,
        name: KeyName,
        _rng: &mut dyn CryptoRng,
    ) -> Result<Option<[u8; PUBLIC_BYTES]>, CustodyFault> {
        self.admit(name)?;
        let opened = self.opened()?;
        let session = opened.session();
        match self.find(&session, name, ObjectClass::PRIVATE_KEY)? {
            Some(there) => born_inside(&session, there, name)?,
            None => self.generate(&session, name)?,
        }
        self.public(&session, name).map(Some)
    }

    fn signer(&self, name: KeyName) -> Result<Box<dyn Signer>, CustodyFault> {
        self.admit(name)?;
        let opened = self.opened()?;
        let (key, public) = {
            let session = opened.session();
            let key =
                self.find(&session, name, ObjectClass::PRIVATE_KEY)?.ok_or(CustodyFault::FindKey(name))?;
            born_inside(&session, key, name)?;
            (key, self.public(&session, name)?)
        };
        let public = PublicKey::admit(&public).map_err(|_| CustodyFault::MatchPublic(name))?;
        Ok(Box::new(TokenSigner { opened, key, public }))
    }

    fn opening_key(&self, name: KeyName) -> Result<OpeningKey, CustodyFault> {
        Err(CustodyFault::HoldKind { backend: Backend::Pkcs11, name })
    }

    fn release(&self, name: KeyName) -> Result<Seed, CustodyFault> {
        Err(CustodyFault::KeepInside(name))
    }

    fn destroy(&self, name: KeyName) -> Result<(), CustodyFault> {
        self.admit(name)?;
        let opened = self.opened()?;
        let session = opened.session();
        for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
            if let Some(object) = self.find(&session, name, class)? {
                session.destroy_object(object).map_err(refused("destroy the key"))?;
            }
        }
        Ok(())
    }
}

impl TokenKeys {
    fn admit(&self, name: KeyName) -> Result<(), CustodyFault> {
        match name.purpose() {
            Purpose::Sign => Ok(()),
            Purpose::Open | Purpose::Derive | Purpose::Deliver => {
                Err(CustodyFault::HoldKind { backend: Backend::Pkcs11, name })
            }
        }
    }
}

/// A key in the token, found once.
struct TokenSigner {
    opened: Arc<Opened>,
    key: ObjectHandle,
    public: PublicKey,
}

impl Signer for TokenSigner {
    fn public_key(&self) -> PublicKey {
        self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_BYTES], CustodyFault> {
        let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
        let made = self.opened.session().sign(&mechanism, self.key, message).map_err(refused("sign"))?;
        let signature = <[u8; SIGNATURE_BYTES]>::try_from(made).map_err(|_| SigningFault)?;
        self.public.verify(message, &signature).map_err(|_| SigningFault)?;
        Ok(signature)
    }
}

/// Refuses a key that was brought in, or that could ever be read: somebody may hold a copy.
fn born_inside(session: &Session, key: ObjectHandle, name: KeyName) -> Result<(), CustodyFault> {
    let wanted = [AttributeType::Local, AttributeType::AlwaysSensitive, AttributeType::NeverExtractable];
    let found = session.get_attributes(key, &wanted).map_err(refused("say how the key was made"))?;
    let yes = |attribute: &Attribute| {
        matches!(
            attribute,
            Attribute::Local(true) | Attribute::AlwaysSensitive(true) | Attribute::NeverExtractable(true)
        )
    };
    if found.len() == wanted.len() && found.iter().all(yes) {
        return Ok(());
    }
    Err(CustodyFault::UseToken {
        what: "vouch for the key",
        answer: format!("{name} was not generated inside it"),
    })
}

/// An EC point as modules give it: in an OCTET STRING (04 20 …), or bare.
fn read_point(point: &[u8]) -> Option<[u8; PUBLIC_BYTES]> {
    match point {
        [0x04, 0x20, bytes @ ..] => bytes.try_into().ok(),
        bytes => bytes.try_into().ok(),
    }
}

fn refused(what: &'static str) -> impl FnOnce(Error) -> CustodyFault {
    move |error| {
        let answer = match &error {
            Error::Pkcs11(RvError::PinIncorrect, _) => {
                "the PIN is wrong; a few more and the token locks itself".into()
            }
            Error::Pkcs11(RvError::PinLocked, _) => {
                "the PIN is locked: the token's security officer must unlock it".into()
            }
            Error::Pkcs11(code, function) => format!("{code:?} from {function}"),
            other => other.to_string(),
        };
        CustodyFault::UseToken { what, answer }
    }
}
