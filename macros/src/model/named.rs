//! The variants of an enum, each with the name it goes by in the tree.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{LitStr, Variant};

use crate::attr::Options;
use crate::case::Case;
use crate::errors::Errors;
use crate::keys::Place;

/// One variant.
pub(crate) struct NamedVariant {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    /// The literal that named it, for errors about the name.
    pub(crate) given: Option<LitStr>,
}

impl NamedVariant {
    /// Reads the variant's options, which stand at `place`.
    pub(crate) fn read(
        variant: &Variant,
        place: Place,
        case: Case,
        errors: &mut Errors,
    ) -> NamedVariant {
        let options = Options::read(place, &variant.attrs, errors);
        let given = options.text("name").cloned();
        let spelt = || case.of(&variant.ident.unraw().to_string());
        NamedVariant {
            ident: variant.ident.clone(),
            name: given.as_ref().map_or_else(spelt, LitStr::value),
            given,
        }
    }
}
