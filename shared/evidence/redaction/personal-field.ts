/** Names of fields whose values are personal or secret, whatever they look like. Compared without case, `_` and `-`. */
const personal = new Set(
  (
    'email emailaddress mail phone phonenumber mobile telephone fax firstname lastname middlename givenname familyname surname fullname displayname ' +
    'birthdate dateofbirth birthday dob birthplace address street streetaddress postaladdress postcode zipcode zip city ssn socialsecuritynumber ' +
    'nationalid taxid passport passportnumber driverslicense iban accountnumber bankaccount cardnumber creditcard pan cvv cvc gender religion ' +
    'ethnicity nationality diagnosis patient patientid username'
  ).split(' '),
);

const secret = new Set(
  (
    'password passwd passphrase pwd secret clientsecret token accesstoken refreshtoken idtoken apikey accesskey secretkey privatekey credential ' +
    'credentials authorization cookie setcookie sessionid'
  ).split(' '),
);

/** Whether the value under this name must go. */
export function isTellingField(name: string, hasPersonalFields: boolean): boolean {
  const plain = name.replaceAll(/[_\-\s]/g, '').toLowerCase();
  return secret.has(plain) || (hasPersonalFields && personal.has(plain));
}
